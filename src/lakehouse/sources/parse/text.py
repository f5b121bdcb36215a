"""From a file's bytes to its text: gzip within a size budget, then a strict decoder. Nothing is repaired."""

from __future__ import annotations

import codecs
import zlib
from collections.abc import Iterator

from lakehouse.sources.formats import Compression, canonical_encoding
from lakehouse.sources.parse.reasons import Code, FileRejected

_GZIP_MAGIC = b"\x1f\x8b"
_GZIP_WINDOW = 16 + zlib.MAX_WBITS
_PACKED_PIECE = 64 * 1024
_UNPACKED_PIECE = 1024**2
_DECODED_PIECE = 16 * 1024**2

_MOST_EXPANSION = 1032
"""Deflate cannot expand by more than this, so a file small enough needs no measuring."""

_MARKS = {codecs.BOM_UTF8: "utf-8", codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}


def decompress(content: bytes, compression: Compression, max_bytes: int) -> bytes:
    """The file's own bytes. A file that would unpack to more than `max_bytes` is refused without being held."""
    if compression == "none" or (compression == "auto" and not content.startswith(_GZIP_MAGIC)):
        plain = content
    else:
        if len(content) * _MOST_EXPANSION > max_bytes:
            _measure(content, max_bytes)
        plain = b"".join(_inflate(content))
    if len(plain) > max_bytes:
        raise FileRejected(Code.TOO_LARGE, f"more than {max_bytes} bytes")
    if not plain:
        raise FileRejected(Code.EMPTY_FILE)
    return plain


def _measure(content: bytes, max_bytes: int) -> None:
    size = 0
    for piece in _inflate(content):
        size += len(piece)
        if size > max_bytes:
            raise FileRejected(Code.TOO_LARGE, f"more than {max_bytes} bytes unpacked")


def _inflate(content: bytes) -> Iterator[bytes]:
    """The unpacked pieces of all gzip members, one after the other; zeros after the last one are padding."""
    view = memoryview(content)
    position = 0
    while position < len(content):
        if position and content[position] == 0 and not content[position:].strip(b"\0"):
            return
        member = zlib.decompressobj(_GZIP_WINDOW)
        while not member.eof:
            packed = view[position : position + _PACKED_PIECE]
            try:
                piece = member.decompress(packed, _UNPACKED_PIECE)
            except zlib.error:
                raise FileRejected(Code.CORRUPT_GZIP) from None
            position += len(packed) - len(member.unconsumed_tail) - len(member.unused_data)
            if not packed and not piece and not member.eof:
                raise FileRejected(Code.TRUNCATED_GZIP)
            yield piece


def decode(plain: bytes, encoding: str) -> tuple[bytes, str]:
    """The text as UTF-8 without its byte order mark, and the encoding that turns any part of it back to exact bytes."""
    exact, mark = _exact_encoding(plain, canonical_encoding(encoding))
    body = plain[len(mark) :] if mark else plain
    pieces = _decode_strictly(body, exact, len(mark))
    text = b"".join(piece.encode() for piece in pieces) if exact != "utf-8" else _when_exhausted(pieces, body)
    if (position := text.find(b"\0")) >= 0:
        line = text.count(b"\n", 0, position) + 1
        raise FileRejected(Code.NUL_BYTE, f"line {line}")
    return text, exact


def _exact_encoding(plain: bytes, canonical: str) -> tuple[str, bytes]:
    mark = next((mark for mark in _MARKS if plain.startswith(mark)), b"")
    marked = _MARKS.get(mark)
    if canonical == "utf-16":
        # Without its mark the byte order would be a guess.
        if marked is None or marked == "utf-8":
            raise FileRejected(Code.WRONG_ENCODING, "no UTF-16 byte order mark")
        return marked, mark
    if marked and marked != canonical:
        raise FileRejected(Code.WRONG_ENCODING, f"the byte order mark says {marked}")
    return canonical, mark


def _decode_strictly(body: bytes, encoding: str, offset: int) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    for start in range(0, len(body), _DECODED_PIECE):
        piece = body[start : start + _DECODED_PIECE]
        try:
            yield decoder.decode(piece, final=start + _DECODED_PIECE >= len(body))
        except UnicodeDecodeError as error:
            # The decoder may have kept the first bytes of a character from the piece before.
            position = offset + start + error.start - (len(error.object) - len(piece))
            raise FileRejected(Code.WRONG_ENCODING, f"byte {position} is not {encoding}") from None


def _when_exhausted(pieces: Iterator[str], body: bytes) -> bytes:
    """`body` itself, once every piece of it has been decoded without an error: UTF-8 needs no second copy."""
    for _ in pieces:
        pass
    return body
