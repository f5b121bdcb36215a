"""A server before the S3 server that passes every request on, and harms the answers to some."""

from __future__ import annotations

import http.client
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from urllib.parse import unquote, urlsplit

SLOW_DOWN = (
    b"<?xml version='1.0'?><Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>"
)
ALWAYS = 1_000_000
_HOP_BY_HOP = {"connection", "transfer-encoding", "content-length", "keep-alive"}


class Harm(StrEnum):
    """What happens to a request: refused, carried out without an answer, or answered in half."""

    SLOW_DOWN = "503 SlowDown"
    CUT = "cut after it was carried out"
    SHORT = "a short body"


@dataclass
class BucketFault:
    """The first `times` requests of a verb for a key are harmed; `key` is a pattern that ends where the key ends."""

    harm: Harm
    verb: str
    key: str
    times: int = 1
    hits: int = 0
    _lock: Lock = field(default_factory=Lock, repr=False)

    def strikes(self, verb: str, path: str) -> bool:
        if verb != self.verb or not re.search(rf"{self.key}$", unquote(urlsplit(path).path)):
            return False
        with self._lock:
            self.hits += 1
            return self.hits <= self.times


@contextmanager
def harming(endpoint: str, fault: BucketFault) -> Iterator[str]:
    """The endpoint of a server that passes on to another."""
    upstream = urlsplit(endpoint).netloc

    class PassOn(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # One packet per answer: in two, the second waits for the acknowledgement of the first.
        wbufsize = -1
        disable_nagle_algorithm = True

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            strikes = fault.strikes(self.command, self.path)
            if strikes and fault.harm is Harm.SLOW_DOWN:
                self.reply(503, [("Content-Type", "application/xml")], SLOW_DOWN)
                return
            connection = http.client.HTTPConnection(upstream)
            connection.request(self.command, self.path, body, dict(self.headers))
            answer = connection.getresponse()
            content = answer.read()
            connection.close()
            if strikes and fault.harm is Harm.CUT:
                self.close_connection = True
                return
            self.reply(answer.status, answer.getheaders(), content, is_short=strikes)

        def reply(self, status: int, headers: list[tuple[str, str]], content: bytes, *, is_short: bool = False) -> None:
            self.send_response_only(status)
            length = str(len(content))
            for name, value in headers:
                if name.lower() == "content-length":
                    length = value
                elif name.lower() not in _HOP_BY_HOP:
                    self.send_header(name, value)
            self.send_header("Content-Length", length)
            self.end_headers()
            self.wfile.write(content[: len(content) // 2] if is_short else content)
            self.close_connection = is_short

        do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = answer  # noqa: N815

        def log_message(self, *_: object) -> None:
            """Nobody reads it."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), PassOn)
    server.daemon_threads = True
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
