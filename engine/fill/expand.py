"""Rows of a sheet repeated in place, and everything that hangs on rows moved along as Excel would move it."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

from openpyxl.cell.cell import Cell, MergedCell
from openpyxl.formatting.formatting import ConditionalFormattingList
from openpyxl.workbook import Workbook
from openpyxl.worksheet.cell_range import CellRange
from openpyxl.worksheet.formula import ArrayFormula

from engine.fill.rows import Rows


def expand(book: Workbook, sheet: Any, rows: Rows) -> None:
    """Repeat the sheet's rows with their cells, heights and merges, and mend the formulas of the whole workbook."""
    formulas = list(formula_cells(book))
    _move_cells(sheet, rows)
    _move_heights(sheet, rows)
    _move_merges(sheet, rows)
    _move_areas(sheet, rows)
    _move_rules(sheet, rows)
    _move_drawings(sheet, rows)
    _move_names(book, sheet, rows)
    for cell, home, row in formulas:
        _move_formula(cell, sheet, rows, home=home, row=row)


def formula_cells(book: Workbook) -> Iterator[tuple[Any, str, int]]:
    """The cells with a formula, with the sheet and the row they stand in."""
    sheets: list[Any] = book.worksheets
    for sheet in sheets:
        for cell in list(sheet._cells.values()):
            if cell.data_type == "f" and isinstance(cell.value, (str, ArrayFormula)):
                yield cell, sheet.title, cell.row


def _move_cells(sheet: Any, rows: Rows) -> None:
    cells: dict[tuple[int, int], Any] = {}
    for (row, column), cell in sorted(sheet._cells.items()):
        for offset in range(rows.size(row)):
            moved: Any = cell if offset == 0 else _copied(cell, sheet)
            moved.row = rows.first(row) + offset
            if not isinstance(cell, MergedCell) and moved._hyperlink is not None:
                moved._hyperlink.ref = moved.coordinate
            cells[moved.row, column] = moved
    sheet._cells = cells


def _copied(cell: Any, sheet: Any) -> Any:
    if isinstance(cell, MergedCell):
        return MergedCell(sheet, row=cell.row, column=cell.column)
    made: Any = Cell(sheet, row=cell.row, column=cell.column)
    made._value, made.data_type, made._style = cell._value, cell.data_type, copy.copy(cell._style)
    made._hyperlink = copy.copy(cell._hyperlink)
    return made


def _move_heights(sheet: Any, rows: Rows) -> None:
    heights = dict(sheet.row_dimensions.items())
    sheet.row_dimensions.clear()
    for row, dimension in sorted(heights.items()):
        for place in range(rows.first(row), rows.last(row) + 1):
            moved = copy.copy(dimension)
            moved.index = place
            sheet.row_dimensions[place] = moved


def _move_merges(sheet: Any, rows: Rows) -> None:
    """Merged by the list of ranges alone: openpyxl's own merging would wipe the borders that the template drew."""
    merges = [copy.copy(merge) for merge in sheet.merged_cells.ranges]
    sheet.merged_cells.ranges.clear()
    for merge in merges:
        columns = {"min_col": merge.min_col, "max_col": merge.max_col}
        if merge.min_row == merge.max_row:
            for place in range(rows.first(merge.min_row), rows.last(merge.min_row) + 1):
                sheet.merged_cells.add(CellRange(**columns, min_row=place, max_row=place).coord)
        else:
            grown = CellRange(**columns, min_row=rows.first(merge.min_row), max_row=rows.last(merge.max_row))
            sheet.merged_cells.add(grown.coord)


def _move_areas(sheet: Any, rows: Rows) -> None:
    """Print area, rows that repeat on each page, filter, tables and page breaks."""
    areas = [rows.reference(str(area)) for area in sheet._print_area.ranges]
    sheet.print_area = areas
    sheet.print_title_rows = rows.reference(sheet.print_title_rows) if sheet.print_title_rows else None
    if sheet.auto_filter.ref:
        sheet.auto_filter.ref = rows.reference(sheet.auto_filter.ref)
    for table in sheet.tables.values():
        table.ref = rows.reference(table.ref)
        if table.autoFilter is not None:
            table.autoFilter.ref = rows.reference(table.autoFilter.ref)
    for page_break in sheet.row_breaks.brk:
        page_break.id = rows.last(page_break.id)


def _move_rules(sheet: Any, rows: Rows) -> None:
    """Conditional formats and validations, with the formulas they ask."""

    def moved(formula: str) -> str:
        return rows.formula(f"={formula}", sheet=sheet.title, home=sheet.title)[1:]

    formats = ConditionalFormattingList()
    for part in sheet.conditional_formatting:
        for rule in part.rules:
            rule.formula = [moved(formula) for formula in rule.formula]
            formats.add(rows.references(str(part.sqref)), rule)
    sheet.conditional_formatting = formats
    for validation in sheet.data_validations.dataValidation:
        validation.sqref = type(validation.sqref)(rows.references(str(validation.sqref)))
        for side in ("formula1", "formula2"):
            formula = getattr(validation, side)
            if formula and not formula.startswith('"'):
                setattr(validation, side, moved(formula))


def _move_drawings(sheet: Any, rows: Rows) -> None:
    for drawing in [*sheet._images, *sheet._charts]:
        for corner in ("_from", "to"):
            marker = getattr(drawing.anchor, corner, None)
            if marker is not None:
                marker.row = rows.first(marker.row + 1) - 1


def _move_names(book: Workbook, sheet: Any, rows: Rows) -> None:
    """Names that the workbook or a sheet gives to cells of this sheet."""
    for names in (book.defined_names, *(other.defined_names for other in book.worksheets)):
        for name in names.values():
            if name.attr_text:
                name.attr_text = rows.formula(f"={name.attr_text}", sheet=sheet.title, home="")[1:]


def _move_formula(cell: Any, sheet: Any, rows: Rows, *, home: str, row: int) -> None:
    """Write the cell's formula anew, into each of its copies."""
    is_here = home == sheet.title
    value = cell.value
    for copied in range(rows.size(row) if is_here else 1):
        place = sheet.cell(rows.first(row) + copied, cell.column) if is_here else cell
        text = str(value.text if isinstance(value, ArrayFormula) else value)
        formula = rows.formula(text, sheet=sheet.title, home=home, row=row, copied=copied)
        if isinstance(value, ArrayFormula):
            area = place.coordinate if rows.size(row) > 1 and is_here else rows.reference(value.ref) if is_here else value.ref
            place.value = ArrayFormula(area, formula)
        else:
            place.value = formula
