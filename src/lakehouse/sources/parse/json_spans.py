"""Where in a document's text a value stands, so that a rejected record can be kept exactly as it was written."""

from __future__ import annotations

import json
import re

_SPACE = re.compile(r"[ \t\n\r]*")
_SKIPPING = json.JSONDecoder(parse_float=str, parse_int=str)

Where = tuple[str | int, ...]


class Spans:
    """The places of values in one valid document, asked for in the document's order; each element is passed once."""

    def __init__(self, text: bytes) -> None:
        self.text = text
        self._document = text.decode()
        self._starts: dict[Where, int] = {(): _skip_space(self._document, 0)}
        self._last_element: dict[Where, tuple[int, int]] = {}

    def value_at(self, where: Where) -> bytes:
        """The exact bytes of the value reached by these keys and positions, which the document is known to have."""
        start = self._start(where)
        return self._document[start : self._end(start)].encode()

    def _start(self, where: Where) -> int:
        if where not in self._starts:
            parent, step = where[:-1], where[-1]
            start = self._start(parent)
            if isinstance(step, int):
                return self._element(parent, start, step)
            self._starts[where] = self._member(start, step)
        return self._starts[where]

    def _member(self, start: int, wanted: str) -> int:
        position = start
        while True:
            key, after_key = _SKIPPING.raw_decode(self._document, self._skip(position + 1))
            value = self._skip(self._skip(after_key) + 1)
            if key == wanted:
                return value
            position = self._skip(self._end(value))

    def _element(self, array: Where, start: int, wanted: int) -> int:
        index, position = self._last_element.get(array, (0, self._skip(start + 1)))
        while index < wanted:
            position = self._skip(self._skip(self._end(position)) + 1)
            index += 1
        self._last_element[array] = (index, position)
        return position

    def _end(self, start: int) -> int:
        return _SKIPPING.raw_decode(self._document, start)[1]

    def _skip(self, position: int) -> int:
        return _skip_space(self._document, position)


def _skip_space(text: str, position: int) -> int:
    found = _SPACE.match(text, position)
    return found.end() if found else position
