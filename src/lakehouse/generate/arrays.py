"""Array vocabulary of the generator: seeded streams, draws over whole arrays, and numbers rendered as text columns."""

from __future__ import annotations

import zlib
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

NEVER = 1 << 60
"""Epoch second of what does not happen."""

NONE = -1
"""Number of what is not there; rendered as null."""


def stream(seed: int, *path: str | int) -> np.random.Generator:
    """An independent random stream for one purpose, so that what one part draws never shifts what another draws."""
    keys = [part if isinstance(part, int) else zlib.crc32(part.encode()) for part in path]
    return np.random.default_rng(np.random.SeedSequence([seed, len(keys), *keys]))


def pick(rng: np.random.Generator, count: int, weights: Sequence[float] | Floats) -> Ints:
    """`count` positions drawn with the given weights."""
    edges = np.cumsum(np.asarray(weights, dtype=np.float64))
    return _positions(edges, rng.random(count) * edges[-1])


def chance(rng: np.random.Generator, count: int, share: float) -> Bools:
    return rng.random(count) < share


def trait(numbers: Ints, salt: int) -> Floats:
    """A fixed value in [0, 1) for each number: who a person is depends on nothing but the person's number."""
    mixed = numbers.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(salt * 0x632BE59BD9B4E019 % 2**64)
    mixed ^= mixed >> np.uint64(30)
    mixed *= np.uint64(0xBF58476D1CE4E5B9)
    mixed ^= mixed >> np.uint64(27)
    mixed *= np.uint64(0x94D049BB133111EB)
    mixed ^= mixed >> np.uint64(31)
    return (mixed >> np.uint64(11)).astype(np.float64) / float(1 << 53)


def trait_of(numbers: Ints, salt: int, weights: Sequence[float]) -> Ints:
    """A fixed position among the weighted ones for each number."""
    edges = np.cumsum(np.asarray(weights, dtype=np.float64))
    return _positions(edges, trait(numbers, salt) * edges[-1])


def _positions(edges: Floats, values: Floats) -> Ints:
    found: Ints = np.searchsorted(edges, values, side="right").astype(np.int64)
    return np.clip(found, 0, len(edges) - 1)


def repeat_positions(counts: Ints) -> tuple[Ints, Ints]:
    """For parents with `counts` children each: every child's parent, and its position (from 0) within the parent."""
    parents = np.repeat(np.arange(len(counts), dtype=np.int64), counts)
    firsts = np.repeat(np.cumsum(counts) - counts, counts)
    return parents, np.arange(len(parents), dtype=np.int64) - firsts


def sum_by(parents: Ints, values: Ints, count: int) -> Ints:
    totals = np.zeros(count, dtype=np.int64)
    np.add.at(totals, parents, values)
    return totals


def _text(cells: npt.NDArray[np.uint8], valid: Bools) -> pa.Array:
    count, width = cells.shape
    offsets = np.arange(count + 1, dtype=np.int32) * np.int32(width)
    bitmap = None if valid.all() else pa.py_buffer(np.packbits(valid, bitorder="little").tobytes())
    buffers = [bitmap, pa.py_buffer(offsets.tobytes()), pa.py_buffer(cells.tobytes())]
    return pa.Array.from_buffers(pa.string(), count, buffers)


def labels(prefix: str, numbers: Ints, width: int = 9) -> pa.Array:
    """Identifiers such as O-000000042; null where the number is negative."""
    cells = np.empty((len(numbers), len(prefix) + width), dtype=np.uint8)
    cells[:, : len(prefix)] = np.frombuffer(prefix.encode(), dtype=np.uint8)
    rest = np.maximum(numbers, 0)
    for place in range(cells.shape[1] - 1, len(prefix) - 1, -1):
        rest, digit = np.divmod(rest, 10)
        cells[:, place] = digit + ord("0")
    return _text(cells, numbers >= 0)


_SECONDS_OF_DAY = np.array(
    [list(f"{hour:02}:{minute:02}:{second:02}Z".encode())
     for hour in range(24) for minute in range(60) for second in range(60)],
    dtype=np.uint8,
)  # fmt: skip


def timestamps(seconds: Ints) -> pa.Array:
    """ISO 8601 in UTC with a Z; null where the second is NEVER."""
    valid = seconds < NEVER
    days, rest = np.divmod(np.where(valid, seconds, 0), 86_400)
    distinct, position = np.unique(days, return_inverse=True)
    dates = [list(f"{day}T".encode()) for day in distinct.astype("datetime64[D]")]
    cells = np.empty((len(seconds), 20), dtype=np.uint8)
    cells[:, :11] = np.array(dates, dtype=np.uint8).reshape(-1, 11)[position]
    cells[:, 11:] = _SECONDS_OF_DAY[rest]
    return _text(cells, valid)


def decimals(units: Ints, scale: int = 2) -> pa.Array:
    """Whole units of 10^-scale as exact decimals."""
    words = np.empty((len(units), 2), dtype=np.int64)
    words[:, 0] = units
    words[:, 1] = units >> 63
    return pa.Array.from_buffers(pa.decimal128(18, scale), len(units), [None, pa.py_buffer(words.tobytes())])


def amounts(units: Ints, scale: int = 2) -> pa.Array:
    """Whole units of 10^-scale as text, e.g. 1999 as 19.99; below a millionth Arrow writes an exponent."""
    return decimals(units, scale).cast(pa.string())


def words(vocabulary: Sequence[str | None], positions: Ints) -> pa.Array:
    """The vocabulary's words at the given positions; null where the position is negative."""
    places = pa.array(np.maximum(positions, 0), mask=positions < 0)
    return pa.array(vocabulary, pa.string()).take(places)


def flags(values: Bools) -> pa.Array:
    return words(("false", "true"), values.astype(np.int64))


def integers(values: Ints) -> pa.Array:
    """The numbers as they are, null where negative."""
    return pa.array(values, mask=values < 0)


def joined(*parts: pa.Array | str, between: str = "") -> pa.Array:
    """Texts joined row by row; null where any part is."""
    return pc.binary_join_element_wise(*[pa.scalar(part) if isinstance(part, str) else part for part in parts], between)
