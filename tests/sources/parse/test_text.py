from __future__ import annotations

import codecs
import contextlib
import gzip
import tracemalloc

import pytest

from lakehouse.sources.formats import ENCODINGS, canonical_encoding
from lakehouse.sources.parse import text as text_module
from lakehouse.sources.parse.reasons import Code, FileRejected
from lakehouse.sources.parse.text import decode, decompress

PLENTY = 2 * 1024**3
LINES = b"".join(b"%d,%d\n" % (n, n * n) for n in range(5_000))
PACKED = gzip.compress(LINES)


def refusal(content: bytes, compression: str = "auto", max_bytes: int = PLENTY) -> FileRejected:
    with pytest.raises(FileRejected) as caught:
        decompress(content, compression, max_bytes)  # type: ignore[arg-type]
    return caught.value


@pytest.mark.parametrize(
    ("content", "compression", "expected"),
    [
        pytest.param(LINES, "auto", LINES, id="plain"),
        pytest.param(PACKED, "auto", LINES, id="gzip known by its first bytes"),
        pytest.param(PACKED, "gzip", LINES, id="gzip declared"),
        pytest.param(PACKED, "none", PACKED, id="declared as not packed"),
        pytest.param(PACKED + PACKED, "auto", LINES + LINES, id="two members"),
        pytest.param(PACKED + b"\0" * 512, "auto", LINES, id="padded with zeros"),
        pytest.param(gzip.compress(b"") + PACKED, "auto", LINES, id="an empty member"),
        pytest.param(gzip.compress(b"0" * 3_000_000), "auto", b"0" * 3_000_000, id="in several pieces"),
    ],
)
def test_decompress(content: bytes, compression: str, expected: bytes) -> None:
    assert decompress(content, compression, PLENTY) == expected  # type: ignore[arg-type]


@pytest.mark.parametrize("share", [0.0005, 0.1, 0.5, 0.99])
def test_cut_gzip_is_truncated(share: float) -> None:
    assert refusal(PACKED[: max(2, int(len(PACKED) * share))]).code is Code.TRUNCATED_GZIP


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(PACKED[:-8] + bytes(8), id="wrong checksum"),
        pytest.param(PACKED[:500] + bytes(20) + PACKED[520:], id="damaged in the middle"),
        pytest.param(PACKED + b"more", id="followed by something else"),
        pytest.param(PACKED + b"\0\0more", id="padding followed by something else"),
    ],
)
def test_damaged_gzip_is_corrupt(content: bytes) -> None:
    assert refusal(content).code is Code.CORRUPT_GZIP


def test_plain_file_declared_as_gzip_is_corrupt() -> None:
    assert refusal(LINES, "gzip").code is Code.CORRUPT_GZIP


@pytest.mark.parametrize("content", [b"", gzip.compress(b"")], ids=["plain", "gzip"])
def test_nothing_is_an_empty_file(content: bytes) -> None:
    assert refusal(content).code is Code.EMPTY_FILE


@pytest.mark.parametrize(("excess", "is_refused"), [(0, False), (1, True)])
@pytest.mark.parametrize("packed", [False, True])
def test_size_budget_is_exact(excess: int, is_refused: bool, packed: bool) -> None:
    content = PACKED if packed else LINES
    if is_refused:
        assert refusal(content, max_bytes=len(LINES) - excess).code is Code.TOO_LARGE
    else:
        assert decompress(content, "auto", len(LINES) - excess) == LINES


def test_gzip_bomb_is_refused_without_being_held() -> None:
    bomb = gzip.compress(bytes(64 * 1024**2))
    tracemalloc.start()
    try:
        code = refusal(bomb, max_bytes=32 * 1024**2).code
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert code is Code.TOO_LARGE
    assert peak < 8 * 1024**2


@pytest.mark.parametrize(
    ("encoding", "content"),
    [
        pytest.param("utf-8", "näh €😀".encode(), id="utf-8"),
        pytest.param("utf-8", codecs.BOM_UTF8 + "näh €😀".encode(), id="utf-8 with its mark"),
        pytest.param("utf-16", codecs.BOM_UTF16_LE + "näh €😀".encode("utf-16-le"), id="utf-16 little"),
        pytest.param("utf-16", codecs.BOM_UTF16_BE + "näh €😀".encode("utf-16-be"), id="utf-16 big"),
        pytest.param("utf-16-le", "näh €😀".encode("utf-16-le"), id="utf-16-le without a mark"),
        pytest.param("utf-16-be", codecs.BOM_UTF16_BE + "näh €😀".encode("utf-16-be"), id="utf-16-be with its mark"),
    ],
)
def test_decode(encoding: str, content: bytes) -> None:
    text, exact = decode(content, encoding)
    assert text.decode() == "näh €😀"
    assert content.endswith(text.decode().encode(exact))


SINGLE_BYTE = [name for name in ENCODINGS if not name.startswith("utf")]


@pytest.mark.parametrize("encoding", SINGLE_BYTE)
def test_every_single_byte_encoding_gives_back_the_exact_bytes(encoding: str) -> None:
    accepted = 0
    for byte in range(1, 256):
        with contextlib.suppress(FileRejected):
            text, exact = decode(bytes([byte]), encoding)
            accepted += 1
            assert exact == canonical_encoding(encoding)
            assert text.decode().encode(exact) == bytes([byte])
    assert accepted >= 127


@pytest.mark.parametrize(
    ("encoding", "content", "detail"),
    [
        pytest.param("utf-8", "a,Zoë\n".encode("latin-1"), "byte 4 is not utf-8", id="latin-1 as utf-8"),
        pytest.param("utf-8", codecs.BOM_UTF8 + b"ab\xff", "byte 5 is not utf-8", id="counted from the file's start"),
        pytest.param("utf-8", b"ab\xe2\x82", "byte 2 is not utf-8", id="character cut at the end"),
        pytest.param("utf-8", b"\xed\xa0\x80", "byte 0 is not utf-8", id="surrogate"),
        pytest.param("utf-8", "a".encode("utf-16"), "the byte order mark says utf-16-le", id="utf-16 as utf-8"),
        pytest.param("latin-1", codecs.BOM_UTF8 + b"a", "the byte order mark says utf-8", id="utf-8 as latin-1"),
        pytest.param("utf-16", "a".encode("utf-16-le"), "no UTF-16 byte order mark", id="utf-16 without mark"),
        pytest.param("utf-16", codecs.BOM_UTF8 + b"ab", "no UTF-16 byte order mark", id="utf-8 as utf-16"),
        pytest.param("utf-16-le", b"a\0b", "byte 2 is not utf-16-le", id="odd number of bytes"),
        pytest.param("utf-16-be", codecs.BOM_UTF16_LE + b"a\0", "the byte order mark says utf-16-le", id="other order"),
        pytest.param("windows-1252", b"a\x81", "byte 1 is not cp1252", id="undefined byte"),
        pytest.param("ascii", "é".encode(), "byte 0 is not ascii", id="beyond ascii"),
    ],
)
def test_bytes_that_the_encoding_does_not_allow(encoding: str, content: bytes, detail: str) -> None:
    with pytest.raises(FileRejected) as caught:
        decode(content, encoding)
    assert (caught.value.code, caught.value.detail) == (Code.WRONG_ENCODING, detail)


@pytest.mark.parametrize("piece", [1, 2, 3, 5])
def test_characters_may_straddle_pieces(monkeypatch: pytest.MonkeyPatch, piece: int) -> None:
    monkeypatch.setattr(text_module, "_DECODED_PIECE", piece)
    content = "a€b😀c".encode()
    assert decode(content, "utf-8") == (content, "utf-8")
    assert decode("a€b😀c".encode("utf-16"), "utf-16") == (content, "utf-16-le")
    with pytest.raises(FileRejected, match="byte 4 is not utf-8"):
        decode("a€".encode() + b"\xff" + b"bcdef", "utf-8")
    with pytest.raises(FileRejected, match="byte 1 is not utf-8"):
        decode(b"a\xe2\x82bcdef", "utf-8")


@pytest.mark.parametrize(
    ("encoding", "content"),
    [("utf-8", b"a\nb\0c"), ("latin-1", b"a\nb\0"), ("utf-16-le", "a\nb\0".encode("utf-16-le"))],
)
def test_nul_is_refused_with_its_line(encoding: str, content: bytes) -> None:
    with pytest.raises(FileRejected, match="file:nul_byte:line 2"):
        decode(content, encoding)
