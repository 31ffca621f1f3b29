"""How far a worksheet may reach, and what its formulas may not do."""

from __future__ import annotations

import re
from functools import lru_cache

from engine.errors import RefusedFile

MAX_ROW = 200_000
MAX_COLUMN = 1_000
# openpyxl makes every cell of the used rectangle when a sheet is gone through: 2,000,000 of them are some 200 MB.
MAX_CELLS = 2_000_000
MAX_MERGED = 100_000
MAX_TABLE = 1_000_000

_LAST_ROW, _LAST_COLUMN = 1_048_576, 16_384
_REFERENCE = re.compile(r"\$?([A-Z]{0,3})\$?([0-9]{0,7})(?::\$?([A-Z]{0,3})\$?([0-9]{0,7}))?")
_FETCHING = re.compile(r"(?<![A-Z0-9_])(WEBSERVICE|IMAGE|RTD|DDE|CALL|REGISTER\.ID)\s*\(|\|[^|]*!", re.IGNORECASE)
_QUOTED = re.compile(r'"[^"]*"')


class Reach:
    """The cells and ranges of one part; a range that its reader would spread out cell by cell counts with its whole area."""

    def __init__(self, part: str) -> None:
        self.part = part
        self._row = self._column = 0
        self._rows = self._columns = 0
        self._areas = {"merge": 0, "table": 0}

    def row(self, number: str | None) -> None:
        """A row begins, with its number where it is written."""
        self._row = int(number) if number else self._row + 1
        self._column = 0

    def cell(self, reference: str | None) -> None:
        """A cell, at its reference or behind the one before it."""
        if reference:
            letters = reference.rstrip("0123456789")
            self._row, self._column = int(reference[len(letters) :]), column_number(letters)
        else:
            self._column += 1
        if self._row <= self._rows and self._column <= self._columns:
            return
        self._rows, self._columns = max(self._rows, self._row), max(self._columns, self._column)
        if self._rows > MAX_ROW or self._columns > MAX_COLUMN:
            raise self._too_large("cell", cell=reference or self._row, rows=MAX_ROW, columns=MAX_COLUMN)
        if self._rows * self._columns > MAX_CELLS:
            raise self._too_large("cells", limit=MAX_CELLS)

    def spread(self, reference: str, kind: str = "merge") -> None:
        """A merge, an array formula, a hyperlink over a range, or a table."""
        limit = MAX_TABLE if kind == "table" else MAX_MERGED
        self._areas[kind] += area(reference)
        if self._areas[kind] > limit:
            raise self._too_large("area", area=reference, limit=limit)

    def formula(self, text: str) -> None:
        """Refuse a formula that fetches: a web function or a link to another program."""
        if found := _FETCHING.search(_QUOTED.sub('""', text)):
            name = found.group(1) or "DDE"
            raise RefusedFile(reason="unsafe", detail="formula", part=self.part, formula=name.upper())

    def _too_large(self, detail: str, **facts: object) -> RefusedFile:
        return RefusedFile(reason="too-large", detail=detail, part=self.part, **facts)


def area(reference: str) -> int:
    """How many cells a reference such as "A1:C3" or "A:C" covers.

    Raises ValueError where it is no reference.
    """
    found = _REFERENCE.fullmatch(reference.upper())
    if not found:
        raise ValueError(reference)
    left, top, right, bottom = found.groups()
    if right is None and bottom is None:
        return 1
    width = abs(_column_or(right, _LAST_COLUMN) - _column_or(left, 1)) + 1
    height = abs(int(bottom or _LAST_ROW) - int(top or 1)) + 1
    return width * height


@lru_cache(maxsize=2048)
def column_number(letters: str) -> int:
    """1 for "A", 16384 for "XFD".

    Raises ValueError where these are no letters of a column.
    """
    if not re.fullmatch(r"[A-Za-z]{1,3}", letters):
        raise ValueError(letters)
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - ord("A") + 1
    return number


def _column_or(letters: str | None, otherwise: int) -> int:
    return column_number(letters) if letters else otherwise
