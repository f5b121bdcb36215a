"""Many CSV records at once: a block of text is checked against the record rules with a few vector operations.

Quotes are numbered through the block. Where the rules hold, every even one opens a field and every odd one closes it
(a doubled quote closes and opens at once), so a line end or a delimiter is part of a value if an odd number of quotes
stands before it. The block ends before the first record that breaks a rule; `csv_records` says what is wrong with it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lakehouse.sources.parse.csv_records import Dialect
from lakehouse.sources.parse.reasons import Code

_CR, _LF = 0x0D, 0x0A

Positions = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class WrongLine:
    """A record of one line with too few or too many fields: the `order`-th record of its block, from 1."""

    order: int
    start: int
    end: int
    code: Code


@dataclass(frozen=True)
class Block:
    """The records from `start` to `end` of a text; `broken` if the record at `end` breaks a rule.

    `clean` is the text of the good records, `orders` their places among the block's records, from 1.
    """

    end: int
    clean: bytes
    orders: Positions
    wrong: tuple[WrongLine, ...]
    records: int
    broken: bool
    line_ends: frozenset[bytes]
    has_blank_lines: bool


@dataclass(frozen=True)
class _Lines:
    """Record boundaries inside a window: where each starts, where its content ends, where the next one starts."""

    starts: Positions
    ends: Positions
    nexts: Positions


def take_block(text: bytes, start: int, size: int, dialect: Dialect, width: int) -> Block:
    """The longest run of clean or plainly miscounted records from `start`, within about `size` bytes."""
    stop = min(start + size, len(text))
    while stop < len(text) and text[stop - 1] == _CR:
        stop += 1
    window = np.frombuffer(text, np.uint8, stop - start, start)
    at_end = stop == len(text)
    quotes = _positions(window, dialect.quote)
    line_ends = _line_ends(window)
    inner = _inside(quotes, line_ends)
    violation = _first_violation(window, quotes, line_ends[inner], dialect, at_end)
    lines = _records(window, line_ends[~inner], violation, at_end)
    if not len(lines.starts):
        hopeless = violation is not None or at_end or len(window) > dialect.max_row_bytes + 2
        return Block(start, b"", np.empty(0, np.int64), (), 0, hopeless, frozenset(), False)
    fields = _field_counts(window, quotes, lines, dialect)
    blank = (lines.ends == lines.starts) & (width > 1)
    miscounted = (fields != width) & ~blank
    spanning = np.diff(np.searchsorted(line_ends[inner], lines.ends), prepend=0) > 0
    unclear = (lines.ends - lines.starts > dialect.max_row_bytes) | (miscounted & spanning)
    taken = int(np.argmax(unclear)) if unclear.any() else len(unclear)
    lines = _Lines(lines.starts[:taken], lines.ends[:taken], lines.nexts[:taken])
    blank, miscounted = blank[:taken], miscounted[:taken]
    orders = np.cumsum(~blank)
    return Block(
        end=start + (int(lines.nexts[-1]) if taken else 0),
        clean=_gather(text, start, lines, ~(blank | miscounted)),
        orders=orders[~(blank | miscounted)],
        wrong=_wrong_lines(start, lines, fields, miscounted, orders, width),
        records=int(orders[-1]) if taken else 0,
        broken=violation is not None or taken < len(unclear),
        line_ends=_kinds(window, lines),
        has_blank_lines=bool(blank.any()),
    )


def _positions(window: npt.NDArray[np.uint8], sign: bytes) -> Positions:
    return np.flatnonzero(window == ord(sign)) if sign else np.empty(0, np.int64)


def _line_ends(window: npt.NDArray[np.uint8]) -> Positions:
    """Where line ends begin; the LF of a CRLF does not count."""
    feeds = np.flatnonzero(window == _LF)
    returns = np.flatnonzero(window == _CR)
    if not len(returns):
        return feeds
    lone_feeds = feeds[(feeds == 0) | (window[feeds - 1] != _CR)]
    return np.sort(np.concatenate([lone_feeds, returns]))


def _inside(quotes: Positions, positions: Positions) -> Flags:
    """Which of the positions are inside quotes."""
    if not len(quotes):
        return np.zeros(len(positions), np.bool_)
    return (np.searchsorted(quotes, positions) & 1).astype(np.bool_)


def _first_violation(
    window: npt.NDArray[np.uint8], quotes: Positions, inner_line_ends: Positions, dialect: Dialect, at_end: bool
) -> int | None:
    """The first position at which a quote, or a line end inside quotes, breaks a rule."""
    if not len(quotes):
        return None
    border = np.zeros(256, np.bool_)
    border[[_CR, _LF, ord(dialect.delimiter), ord(dialect.quote)]] = True
    opening, closing = quotes[0::2], quotes[1::2]
    after_border = (opening == 0) | border[window[opening - 1]]
    last = len(window) - 1
    before_border = (closing == last) | border[window[np.minimum(closing + 1, last)]]
    violations = [opening[~after_border][:1], closing[~before_border][:1]]
    if not dialect.multiline:
        violations.append(inner_line_ends[:1])
    if at_end and len(quotes) % 2:
        violations.append(quotes[-1:])
    found = np.concatenate(violations)
    return int(found.min()) if len(found) else None


def _records(window: npt.NDArray[np.uint8], outer_line_ends: Positions, violation: int | None, at_end: bool) -> _Lines:
    """The complete records before the first violation."""
    ends = outer_line_ends if violation is None else outer_line_ends[outer_line_ends < violation]
    last = len(window) - 1
    is_pair = (window[ends] == _CR) & (window[np.minimum(ends + 1, last)] == _LF)
    nexts = ends + 1 + is_pair
    if at_end and violation is None and (not len(nexts) or nexts[-1] <= last):
        ends, nexts = np.append(ends, last + 1), np.append(nexts, last + 1)
    starts = np.concatenate([np.zeros(1, np.int64), nexts[:-1]]) if len(nexts) else nexts
    return _Lines(starts, ends, nexts)


def _field_counts(window: npt.NDArray[np.uint8], quotes: Positions, lines: _Lines, dialect: Dialect) -> Positions:
    delimiters = _positions(window[: lines.nexts[-1]], dialect.delimiter)
    outer = delimiters[~_inside(quotes, delimiters)] if len(quotes) else delimiters
    return np.diff(np.searchsorted(outer, lines.ends), prepend=0) + 1


def _wrong_lines(
    start: int, lines: _Lines, fields: Positions, miscounted: Flags, orders: Positions, width: int
) -> tuple[WrongLine, ...]:
    return tuple(
        WrongLine(
            order=int(orders[at]),
            start=start + int(lines.starts[at]),
            end=start + int(lines.ends[at]),
            code=Code.TOO_FEW_FIELDS if fields[at] < width else Code.TOO_MANY_FIELDS,
        )
        for at in np.flatnonzero(miscounted)
    )


def _gather(text: bytes, start: int, lines: _Lines, wanted: Flags) -> bytes:
    """The text of the wanted records with their line ends, neighbours copied in one piece."""
    edges = np.flatnonzero(np.diff(wanted, prepend=False, append=False))
    view = memoryview(text)[start:]
    pieces = []
    for first, after in zip(edges[0::2], edges[1::2], strict=True):
        end = int(lines.nexts[after - 1])
        pieces.append(view[int(lines.starts[first]) : end])
        if view[end - 1] == _CR:
            # Or it would pair up with a line feed, should the next piece be a record that is empty.
            pieces.append(memoryview(b"\n"))
    return b"".join(pieces)


def _kinds(window: npt.NDArray[np.uint8], lines: _Lines) -> frozenset[bytes]:
    lengths = lines.nexts - lines.ends
    kinds = set()
    if (lengths == 2).any():
        kinds.add(b"\r\n")
    single = window[lines.ends[lengths == 1]]
    kinds.update(kind for kind, byte in ((b"\r", _CR), (b"\n", _LF)) if (single == byte).any())
    return frozenset(kinds)
