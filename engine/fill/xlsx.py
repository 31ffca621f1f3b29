"""Excel templates: placeholders in cells, sheet names, headers and footers; a row that uses an element of a list repeats for it."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from jinja2 import Environment
from openpyxl.cell.cell import Cell
from openpyxl.cell.rich_text import CellRichText
from openpyxl.workbook import Workbook

from engine.errors import Place
from engine.fill.archive import settled
from engine.fill.cells import Cells
from engine.fill.check import Line, enclosed
from engine.fill.environment import Manner, environment
from engine.fill.expand import expand, formula_cells
from engine.fill.habits import TAG, mended
from engine.fill.pictures import workbook
from engine.fill.places import Spot
from engine.fill.repeats import repeated_by
from engine.fill.rows import Rows, renamed
from engine.fill.sandbox import TROUBLES, Stopped

_PRINTED = ("oddHeader", "oddFooter", "evenHeader", "evenFooter", "firstHeader", "firstFooter")
_NOT_IN_SHEET_NAMES = re.compile(r"[\\*?:/\[\]\x00-\x1f]")
_LONGEST_SHEET_NAME = 31


@dataclass(frozen=True, slots=True)
class _Loop:
    """`loop` in a row that repeats by itself, as Jinja's own."""

    index: int
    length: int

    @property
    def index0(self) -> int:
        return self.index - 1

    @property
    def first(self) -> bool:
        return self.index == 1

    @property
    def last(self) -> bool:
        return self.index == self.length


@dataclass(frozen=True, slots=True)
class _Scope:
    """What a row made of a repeated one knows of its own, and the row of the template that it came from."""

    names: Mapping[str, Any]
    row: int


def fill(template: bytes, fields: Mapping[str, Any], manner: Manner) -> bytes:
    """The filled file; LibreOffice and Excel compute its formulas when they open it.

    Raises Stopped, whose cause is what went wrong; `engine.fill` gives it its place.
    """
    book = workbook(template)
    world = environment(manner, is_markup=False)
    scopes = {sheet.title: _repeat_rows(book, sheet, fields) for sheet in book.worksheets}
    cells = Cells(world, manner.language)
    sheets: list[Any] = book.worksheets
    for sheet in sheets:
        for cell in list(sheet._cells.values()):
            if "{" in _text(cell):
                scope = scopes[sheet.title](cell.row)
                with _at(Place(sheet=sheet.title, cell=f"{cell.column_letter}{scope.row}")):
                    cells.fill(cell, {**fields, **scope.names})
    for sheet in sheets:
        _fill_page(sheet, fields, world)
    _rename_sheets(book, fields, world)
    if book.calculation is not None:
        book.calculation.fullCalcOnLoad = True
    out = io.BytesIO()
    book.save(out)
    return settled(out.getvalue(), like=template)


class _at:  # noqa: N801  # read as a preposition: with _at(place)
    """Anything a template raises within comes out as Stopped at this place."""

    def __init__(self, place: Place) -> None:
        self._place = place

    def __enter__(self) -> None: ...

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, TROUBLES):
            raise Stopped(place=self._place) from error


def spots(template: bytes, name: str) -> tuple[Spot, ...]:
    """Every text of the workbook with its place: sheet names, cells, headers and footers."""
    found = []
    for sheet in workbook(template).worksheets:
        found.append(Spot(Place(file=name, part="sheet-name", sheet=sheet.title), sheet.title))
        for _, cell in sorted(sheet._cells.items()):
            text = _text(cell)
            if text:
                found.append(Spot(Place(file=name, sheet=sheet.title, cell=cell.coordinate), text))
        for kind, part in _page_texts(sheet):
            found.append(Spot(_page_place(sheet, kind, name), part.text))
    return tuple(found)


def lines(found: Sequence[Spot], fields: Mapping[str, Any]) -> Iterator[Sequence[Line]]:
    """The lines of each cell for the check: what opens in a cell must close in it. A cell of a row that repeats stands in a loop."""
    rows: dict[tuple[str, str], list[Spot]] = {}
    for spot in found:
        number = re.sub(r"\D", "", spot.place.cell)
        rows.setdefault((spot.place.sheet, number or f"{spot.place.part} {len(rows)}"), []).append(spot)
    for row in rows.values():
        repeated = repeated_by([spot.text for spot in row], fields) if row[0].place.cell else None
        for spot in row:
            line = Line(mended(" ".join(spot.text.splitlines())), spot)
            yield enclosed([line], repeated, spot) if repeated else [line]


def _repeat_rows(book: Workbook, sheet: Any, fields: Mapping[str, Any]) -> Callable[[int], _Scope]:
    """Repeat what repeats; what comes back tells of each new row what it knows of its own."""
    found: dict[int, tuple[str, list[Any]]] = {}
    texts: dict[int, list[str]] = {}
    for (row, _), cell in sorted(sheet._cells.items()):
        if "{" in _text(cell):
            texts.setdefault(row, []).append(_text(cell))
    for row, written in texts.items():
        repeated = repeated_by(written, fields)
        if repeated:
            found[row] = (repeated[0], list(_looked_up(repeated[1], fields)))
    rows = Rows({row: len(elements) for row, (_, elements) in found.items()})
    if found:
        expand(book, sheet, rows)
    scopes = {rows.first(row): _Scope({}, row) for row in texts}
    for row, (variable, elements) in found.items():
        if not elements:
            _empty_row(sheet, rows.first(row))
        for offset, element in enumerate(elements):
            scopes[rows.first(row) + offset] = _Scope({variable: element, "loop": _Loop(offset + 1, len(elements))}, row)
    return lambda row: scopes[row]


def _empty_row(sheet: Any, row: int) -> None:
    """A row for no lines: what its author wrote for each line says nothing, its numbers count as nothing."""
    for cell in [cell for (place, _), cell in sheet._cells.items() if place == row]:
        if isinstance(cell, Cell):
            cell.value = None


def _looked_up(path: str, fields: Mapping[str, Any]) -> Any:
    value: Any = fields
    for name in path.split("."):
        value = value[name]
    return value


def _text(cell: Any) -> str:
    """What a cell says, "" for numbers and formulas."""
    return str(cell.value) if isinstance(cell.value, (str, CellRichText)) and cell.data_type != "f" else ""


def _fill_page(sheet: Any, fields: Mapping[str, Any], world: Environment) -> None:
    """Headers and footers, where `&` begins a code: in a value it is doubled."""
    plain: Any = world.finalize
    world = world.overlay(finalize=lambda value: str(plain(value)).replace("&", "&&"))
    for kind, part in _page_texts(sheet):
        with _at(_page_place(sheet, kind, "")):
            part.text = world.from_string(mended(part.text)).render(**fields)


def _rename_sheets(book: Workbook, fields: Mapping[str, Any], world: Environment) -> None:
    """Fill the sheets' names, and have formulas call them by the new ones."""
    new_names: dict[str, str] = {}
    for sheet in book.worksheets:
        old = sheet.title
        if not TAG.search(old):
            continue
        with _at(Place(sheet=old, part="sheet-name")):
            name = _NOT_IN_SHEET_NAMES.sub(" ", world.from_string(mended(old)).render(**fields))
        sheet.title = name[:_LONGEST_SHEET_NAME].strip("'") or "1"
        new_names[old] = sheet.title
    if new_names:
        for cell, _, _ in formula_cells(book):
            if isinstance(cell.value, str):
                cell.value = renamed(cell.value, new_names)
        for name in book.defined_names.values():
            name.attr_text = renamed(f"={name.attr_text}", new_names)[1:]


def _page_texts(sheet: Any) -> Iterator[tuple[str, Any]]:
    for kind in _PRINTED:
        for side in ("left", "center", "right"):
            part = getattr(getattr(sheet, kind), side)
            if part.text and "{" in part.text:
                yield kind, part


def _page_place(sheet: Any, kind: str, name: str) -> Place:
    return Place(file=name, sheet=sheet.title, part="header" if kind.endswith("Header") else "footer")
