"""
An answer taken apart as it comes: its rows one by one, and the rest of it without them.

The service sends ``{"tables": [{"name", "columns": [...], "rows": [[...], ...]}], "error"?}`` in one piece of up to
100 MB ("Azure Monitor Log Analytics API response format"). Decoding that at once would stop everything else for as long;
here no more than a few rows are decoded at a time, and no more is kept than is asked for.
"""

import re
from typing import Any, Final

import msgspec

_TOKEN: Final = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*("?)|[\[\]{}]', re.DOTALL)
_NO_ROWS: Final = re.compile(rb"\[[\s,]*\]")
_ROWS: Final = b"{[{["
"""What is open around a row: the answer, its tables, one table, its rows. Error details are nested otherwise."""
_QUOTE, _ARRAY, _OBJECT, _ARRAY_END = b'"[{]'

LONGEST_ROW: Final = 1024 * 1024
"""Bytes. A column holds at most 64 kB in a table of resource logs ("Azure Monitor service limits")."""

LONGEST_FRAME: Final = 1024 * 1024
"""Bytes of everything but the rows: columns, errors."""


class UnreadableError(ValueError):
    """This is not what the service is documented to send."""


class Splitter:
    """Fed with bytes in pieces of any size; gives the rows that are complete, each as JSON text."""

    def __init__(self) -> None:
        self._frame = bytearray()
        self._left = b""
        self._read = 0  # so many bytes of what is left are counted in `_open` already
        self._open = bytearray()
        self._row = False

    def feed(self, piece: bytes) -> list[bytes]:
        """Return the rows that ended in this piece. Raises ``UnreadableError``."""
        text = self._left + piece
        rows: list[bytes] = []
        start, read = 0, len(text)  # where the row, or what stands between rows, began
        for token in _TOKEN.finditer(text, self._read):
            sign = text[token.start()]
            if sign == _QUOTE:
                if not token[1]:  # its end is still to come
                    read = token.start()
                    break
            elif sign in (_ARRAY, _OBJECT):
                if sign == _ARRAY and self._open == _ROWS:
                    self._framed(text[start : token.start()])
                    self._row, start = True, token.start()
                self._open.append(sign)
            elif self._closes(sign) and self._row:
                rows.append(text[start : token.end()])
                self._row, start = False, token.end()
        self._leave(text, start, read)
        return rows

    def frame(self) -> dict[str, Any]:
        """Return the answer as far as it came, without its rows. Raises ``UnreadableError``."""
        closing = bytes(_ARRAY_END if sign == _ARRAY else 0x7D for sign in reversed(self._open))
        if self._row:
            closing = closing[len(self._open) - len(_ROWS) :]
        text = _NO_ROWS.sub(b"[]", bytes(self._frame).rstrip(b", \t\r\n") + closing)
        try:
            found = msgspec.json.decode(text)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise UnreadableError("the answer is no JSON of the documented shape") from error
        if not isinstance(found, dict):
            raise UnreadableError("the answer is no object")
        return found

    def _closes(self, sign: int) -> bool:
        """Whether the bracket that closes here closes something in the list of rows."""
        opened = self._open.pop() if self._open else 0
        if opened != (_ARRAY if sign == _ARRAY_END else _OBJECT):
            raise UnreadableError("the answer's brackets do not fit")
        return self._open == _ROWS

    def _framed(self, text: bytes) -> None:
        self._frame += text
        if len(self._frame) > LONGEST_FRAME:
            raise UnreadableError("the answer's frame is too long")

    def _leave(self, text: bytes, start: int, read: int) -> None:
        if not self._row:
            self._framed(text[start:read])
            start = read
        self._left, self._read = text[start:], read - start
        if len(self._left) > LONGEST_ROW:
            raise UnreadableError("one row, or one value, is too long")
