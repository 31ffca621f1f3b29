"""Rows of a sheet that repeat for a list, and everything below them moving down as Excel would move it."""

from __future__ import annotations

import copy
import re
from bisect import bisect_right
from collections.abc import Callable, Mapping
from itertools import accumulate
from typing import Any

from openpyxl.cell.cell import Cell, MergedCell
from openpyxl.formatting.formatting import ConditionalFormattingList
from openpyxl.formula.tokenizer import Token, Tokenizer
from openpyxl.worksheet.cell_range import CellRange

_QUOTED = re.compile(r"^(?:'((?:[^']|'')+)'|([^'!]+))!(.*)$")


class Rows:
    """Where the rows of a sheet go: `counts` maps a row that repeats to how often; a row that repeats no times stays once, empty."""

    def __init__(self, counts: Mapping[int, int]) -> None:
        self._repeated = sorted(counts)
        self._sizes = {row: max(count, 1) for row, count in counts.items()}
        self._added = [0, *accumulate(self._sizes[row] - 1 for row in self._repeated)]

    def first(self, row: int) -> int:
        """The new place of a row, of the first of its copies."""
        return row + self._added[bisect_right(self._repeated, row - 1)]

    def last(self, row: int) -> int:
        """The new place of the last of its copies."""
        return self.first(row) + self.size(row) - 1

    def size(self, row: int) -> int:
        """How many rows it becomes."""
        return self._sizes.get(row, 1)

    def formula(self, formula: str, *, sheet: str, home: str, row: int, copied: int) -> str:
        """The formula of a cell in `row` (its copy number `copied`) on the sheet `home`, its references to `sheet` moved.

        A reference to its own row stays in its own copy; a range grows over the rows that its ends became.
        """
        tokens = Tokenizer(formula)
        for token in tokens.items:
            if token.type == Token.OPERAND and token.subtype == Token.RANGE:
                token.value = self._range(token.value, sheet=sheet, home=home, row=row, copied=copied)
        return "=" + "".join(token.value for token in tokens.items)

    def _range(self, value: str, *, sheet: str, home: str, row: int, copied: int) -> str:
        match = _QUOTED.match(value)
        named, inner = (match.group(1) or match.group(2), match.group(3)) if match else (home, value)
        if named.replace("''", "'") != sheet:
            return value
        prefix = value[: len(value) - len(inner)]
        own = row if home == sheet else 0
        return prefix + self.reference(inner, own=own, copied=copied)

    def reference(self, text: str, *, own: int = 0, copied: int = 0) -> str:
        """A reference such as `A1`, `$B$2:C7` or `3:3`, moved; `own` is the row whose references follow the copy."""
        start, colon, end = text.partition(":")
        if not colon:
            return self._moved(start, lambda row: self.first(row) + copied if row == own else self.first(row))
        if own and self.size(own) > 1 and _row(start) == _row(end) == own:
            return f"{self._moved(start, lambda row: self.first(row) + copied)}:{self._moved(end, lambda row: self.first(row) + copied)}"
        return f"{self._moved(start, self.first)}:{self._moved(end, self.last)}"

    @staticmethod
    def _moved(text: str, place: Callable[[int], int]) -> str:
        return re.sub(r"(\$?)(\d+)$", lambda match: f"{match.group(1)}{place(int(match.group(2)))}", text)


def expand(sheet: Any, rows: Rows) -> None:
    """Move and repeat the sheet's rows with their cells, heights and merges; formulas are moved by `Rows.formula` afterwards."""
    cells: dict[tuple[int, int], Any] = {}
    for (row, column), cell in sorted(sheet._cells.items()):
        for offset in range(rows.size(row)):
            place = rows.first(row) + offset
            moved = cell if offset == 0 else _copied(cell, sheet)
            moved.row = place
            cells[place, column] = moved
    heights = dict(sheet.row_dimensions.items())
    sheet._cells = cells
    sheet.row_dimensions.clear()
    for row, dimension in sorted(heights.items()):
        for place in range(rows.first(row), rows.last(row) + 1):
            moved_dimension = copy.copy(dimension)
            moved_dimension.index = place
            sheet.row_dimensions[place] = moved_dimension
    _move_merges(sheet, rows)
    _move_areas(sheet, rows)


def _copied(cell: Any, sheet: Any) -> Any:
    if isinstance(cell, MergedCell):
        return MergedCell(sheet, row=cell.row, column=cell.column)
    made: Any = Cell(sheet, row=cell.row, column=cell.column)
    made._value, made.data_type, made._style = cell._value, cell.data_type, copy.copy(cell._style)
    made._hyperlink = copy.copy(cell._hyperlink)
    return made


def _move_merges(sheet: Any, rows: Rows) -> None:
    merges = [copy.copy(merge) for merge in sheet.merged_cells.ranges]
    sheet.merged_cells.ranges.clear()
    for merge in merges:
        if merge.min_row == merge.max_row:
            for place in range(rows.first(merge.min_row), rows.last(merge.min_row) + 1):
                _merge(sheet, CellRange(min_col=merge.min_col, max_col=merge.max_col, min_row=place, max_row=place))
        else:
            grown = CellRange(
                min_col=merge.min_col, max_col=merge.max_col, min_row=rows.first(merge.min_row), max_row=rows.last(merge.max_row)
            )
            _merge(sheet, grown)


def _merge(sheet: Any, area: CellRange) -> None:
    """Merge without openpyxl's own tidying, which would wipe the borders that the template drew."""
    sheet.merged_cells.add(area.coord)


def _move_areas(sheet: Any, rows: Rows) -> None:
    """Print area, filter, conditional formats, validations, page breaks and pictures."""
    if sheet.print_area:
        areas = str(sheet.print_area).split(",")
        sheet.print_area = ",".join(rows.reference(area.rpartition("!")[2].replace("$", "")) for area in areas)
    if sheet.auto_filter.ref:
        sheet.auto_filter.ref = rows.reference(sheet.auto_filter.ref)
    formats = ConditionalFormattingList()
    for part in sheet.conditional_formatting:
        for rule in part.rules:
            formats.add(" ".join(rows.reference(area) for area in str(part.sqref).split()), rule)
    sheet.conditional_formatting = formats
    for validation in sheet.data_validations.dataValidation:
        validation.sqref = type(validation.sqref)(" ".join(rows.reference(area) for area in str(validation.sqref).split()))
    for page_break in sheet.row_breaks.brk:
        page_break.id = rows.last(page_break.id)
    for picture in [*sheet._images, *sheet._charts]:
        for corner in ("_from", "to"):
            marker = getattr(picture.anchor, corner, None)
            if marker is not None:
                marker.row = rows.first(marker.row + 1) - 1


def _row(reference: str) -> int:
    digits = re.search(r"(\d+)$", reference)
    return int(digits.group(1)) if digits else 0
