"""Excel templates: placeholders in cells, sheet names, headers and footers; a row that uses an element of a list repeats for it."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import openpyxl
from jinja2 import nodes
from jinja2.exceptions import TemplateSyntaxError
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE, Cell
from openpyxl.workbook import Workbook

from engine.errors import Place
from engine.fill.archive import settled
from engine.fill.check import Line
from engine.fill.environment import FieldEnvironment, Manner, environment
from engine.fill.habits import mended
from engine.fill.places import Spot
from engine.fill.rows import Rows, expand

_ONE_PLACEHOLDER = re.compile(r"^\s*\{\{((?:(?!\}\}).)*)\}\}\s*$", re.DOTALL)
_PRINTED = ("oddHeader", "oddFooter", "evenHeader", "evenFooter", "firstHeader", "firstFooter")
_NOT_IN_SHEET_NAMES = re.compile(r"[\\*?:/\[\]]")


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


def fill(template: bytes, fields: Mapping[str, Any], manner: Manner) -> bytes:
    """The filled file; LibreOffice and Excel compute its formulas when they open it."""
    book = openpyxl.load_workbook(io.BytesIO(template))
    world = environment(manner, is_markup=False)
    scopes = {sheet.title: _repeat_rows(book, sheet, fields=fields, world=world) for sheet in book.worksheets}
    for sheet in book.worksheets:
        for cells in list(sheet.iter_rows()):
            for cell in cells:
                if isinstance(cell, Cell) and isinstance(cell.value, str) and cell.data_type != "f" and "{" in cell.value:
                    _fill_cell(cell, {**fields, **scopes[sheet.title].get(cell.row, {})}, world)
        _fill_page(sheet, fields, world)
    if book.calculation is not None:
        book.calculation.fullCalcOnLoad = True
    out = io.BytesIO()
    book.save(out)
    return settled(out.getvalue(), like=template)


def spots(template: bytes, name: str) -> tuple[Spot, ...]:
    """Every text of the workbook with its place: sheet names, cells, headers and footers."""
    book = openpyxl.load_workbook(io.BytesIO(template))
    found = []
    for sheet in book.worksheets:
        found.append(Spot(Place(file=name, part="sheet-name", sheet=sheet.title), sheet.title))
        for cells in sheet.iter_rows():
            for cell in cells:
                if isinstance(cell.value, str) and cell.data_type != "f":
                    found.append(Spot(Place(file=name, sheet=sheet.title, cell=cell.coordinate), cell.value))
        for kind, part in _page_texts(sheet):
            found.append(Spot(Place(file=name, sheet=sheet.title, part="header" if kind.endswith("Header") else "footer"), part.text))
    return tuple(found)


def lines(found: Sequence[Spot], fields: Mapping[str, Any], world: FieldEnvironment) -> Iterator[Sequence[Line]]:
    """The lines of each sheet for the check; a row that repeats by itself stands within a loop."""
    by_sheet: dict[str, list[list[Spot]]] = {}
    for spot in found:
        rows = by_sheet.setdefault(spot.place.sheet, [])
        number = re.sub(r"\D", "", spot.place.cell)
        if rows and number and re.sub(r"\D", "", rows[-1][0].place.cell) == number:
            rows[-1].append(spot)
        else:
            rows.append([spot])
    for rows in by_sheet.values():
        made: list[Line] = []
        for row in rows:
            body = [Line(mended(" ".join(spot.text.splitlines())), spot) for spot in row]
            repeated = _repeated([spot.text for spot in row], fields, world) if row[0].place.cell else None
            if repeated:
                opening, closing = f"{{% for {repeated[0]} in {repeated[1]} %}}", "{% endfor %}"
                body = [Line(opening, row[0]), *body, Line(closing, row[0])]
            made += body
        yield made


def _repeat_rows(book: Workbook, sheet: Any, *, fields: Mapping[str, Any], world: FieldEnvironment) -> dict[int, dict[str, Any]]:
    """Repeat what repeats, and give the names that each new row has of its own."""
    found: dict[int, tuple[str, list[Any]]] = {}
    for cells in sheet.iter_rows():
        texts = [cell.value for cell in cells if isinstance(cell.value, str) and "{" in cell.value]
        repeated = _repeated(texts, fields, world)
        if repeated and cells[0].row is not None:
            found[cells[0].row] = (repeated[0], list(_looked_up(repeated[1], fields)))
    if not found:
        return {}
    rows = Rows({row: len(elements) for row, (_, elements) in found.items()})
    formulas = list(_formulas(book))
    expand(sheet, rows)
    for cell, home, row in formulas:
        is_here = home == sheet.title
        formula = cell.value
        for copied in range(rows.size(row) if is_here else 1):
            place = sheet.cell(rows.first(row) + copied, cell.column) if is_here else cell
            place.value = rows.formula(formula, sheet=sheet.title, home=home, row=row, copied=copied)
    return _own_names(sheet, rows, found)


def _formulas(book: Workbook) -> Iterator[tuple[Any, str, int]]:
    """The cells with a plain formula, with the sheet and the row they stand in."""
    for sheet in book.worksheets:
        for cells in sheet.iter_rows():
            for cell in cells:
                if cell.data_type == "f" and isinstance(cell.value, str) and cell.row is not None:
                    yield cell, sheet.title, cell.row


def _own_names(sheet: Any, rows: Rows, found: Mapping[int, tuple[str, list[Any]]]) -> dict[int, dict[str, Any]]:
    names: dict[int, dict[str, Any]] = {}
    for row, (variable, elements) in found.items():
        for offset, element in enumerate(elements):
            names[rows.first(row) + offset] = {variable: element, "loop": _Loop(offset + 1, len(elements))}
        if not elements:
            for cell in next(sheet.iter_rows(min_row=rows.first(row), max_row=rows.first(row))):
                if isinstance(cell, Cell) and isinstance(cell.value, str):
                    cell.value = None
    return names


def _repeated(texts: Sequence[str], fields: Mapping[str, Any], world: FieldEnvironment) -> tuple[str, str] | None:
    """The row variable that the texts use and the list it goes through, `("item", "order.items")`; None where the row does not repeat."""
    for variable in _free_names(texts, world):
        if variable in fields:
            continue
        for path, elements in _lists(fields):
            if _is_element(variable, path, elements):
                return variable, path
    return None


def _free_names(texts: Sequence[str], world: FieldEnvironment) -> Iterator[str]:
    for text in texts:
        try:
            tree = world.parse(mended(text))
        except TemplateSyntaxError:
            continue
        bound = {name.name for name in tree.find_all(nodes.Name) if name.ctx == "store"}
        yield from (name.name for name in tree.find_all(nodes.Name) if name.ctx == "load" and name.name not in bound)


def _lists(fields: Mapping[str, Any]) -> Iterator[tuple[str, list[Any]]]:
    """The lists of the fields: at the root, and one step down."""
    for name, value in fields.items():
        if isinstance(value, list):
            yield name, value
        elif isinstance(value, Mapping):
            yield from ((f"{name}.{inner}", part) for inner, part in value.items() if isinstance(part, list))


def _is_element(variable: str, path: str, elements: list[Any]) -> bool:
    plural = path.rpartition(".")[2].casefold()
    own = getattr(elements[0], "path", "") if elements else ""
    one = variable.casefold()
    return one == own or plural in (f"{one}s", f"{one}es", f"{one[:-1]}ies" if one.endswith("y") else "")


def _looked_up(path: str, fields: Mapping[str, Any]) -> Any:
    value: Any = fields
    for name in path.split("."):
        value = value[name]
    return value


def _fill_cell(cell: Any, names: Mapping[str, Any], world: FieldEnvironment) -> None:
    text = mended(cell.value)
    single = _ONE_PLACEHOLDER.match(text)
    value = world.compile_expression(single.group(1), undefined_to_none=False)(**names) if single else None
    if (single and isinstance(value, (int, float))) or _is_typed(value):
        cell.value = value
        return
    _write_text(cell, _rendered(text, names, world))


def _is_typed(value: Any) -> bool:
    """Whether Excel has a type of its own for the value: a number or a day."""
    return isinstance(value, openpyxl.cell.cell.NUMERIC_TYPES + openpyxl.cell.cell.TIME_TYPES)


def _rendered(text: str, names: Mapping[str, Any], world: FieldEnvironment) -> str:
    return ILLEGAL_CHARACTERS_RE.sub("", world.from_string(text).render(**names))


def _write_text(cell: Any, text: str) -> None:
    """Text stays text: one that begins with `=` must not become a formula in anybody's hands."""
    cell.value = text
    if text[:1] in ("=", "+", "-", "@"):
        cell.data_type = "s"
        cell.quotePrefix = text[:1] == "="


def _fill_page(sheet: Any, fields: Mapping[str, Any], world: FieldEnvironment) -> None:
    for _, part in _page_texts(sheet):
        part.text = _rendered(mended(part.text), fields, world)
    if "{" in sheet.title:
        sheet.title = _NOT_IN_SHEET_NAMES.sub(" ", _rendered(mended(sheet.title), fields, world))[:31]


def _page_texts(sheet: Any) -> Iterator[tuple[str, Any]]:
    for kind in _PRINTED:
        for side in ("left", "center", "right"):
            part = getattr(getattr(sheet, kind), side)
            if part.text and "{" in part.text:
                yield kind, part
