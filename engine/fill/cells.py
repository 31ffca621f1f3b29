"""Cells of a workbook filled: a value keeps its type where it is all that the cell holds, and text stays text."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from jinja2 import Environment
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE, TIME_TYPES
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.styles.numbers import is_date_format

from engine.fill.habits import TAG, mended
from engine.fill.sandbox import FieldError

_ONE_PLACEHOLDER = re.compile(r"^\s*\{\{-?((?:(?!\}\}).)*?)-?\}\}\s*$", re.DOTALL)
_DAY_FORMATS = {"uk": "dd.mm.yyyy", "ru": "dd.mm.yyyy", "en": "d mmm yyyy"}
_MONEY_FORMAT = "#,##0.00"
_EXACT_DIGITS = 10**15
_FIRST_YEAR = 1900


class Cells:
    """Fills cells; a text that many cells share is compiled once."""

    def __init__(self, world: Environment, language: str) -> None:
        self._world, self._language = world, language
        self._compiled: dict[tuple[str, bool], Callable[..., Any]] = {}

    def fill(self, cell: Any, names: Mapping[str, Any]) -> None:
        """Put into the cell what its text says with these names."""
        if isinstance(cell.value, CellRichText) and self._is_whole(cell.value):
            cell.value = CellRichText([self._block(block, names) for block in cell.value])
            return
        text = mended(str(cell.value))
        single = _ONE_PLACEHOLDER.match(text)
        value = self._evaluated(single.group(1), names) if single else None
        if not self._write_typed(cell, value):
            _write_text(cell, self._rendered(text, names))

    def _write_typed(self, cell: Any, value: Any) -> bool:
        """Whether Excel has a type of its own for the value, which then stands in the cell, in the cell's own format."""
        match value:
            case bool():
                raise FieldError("yes-no", "", value=value)
            case int() | float() | Decimal() if _is_exact(value):
                cell.value = value
                if isinstance(value, Decimal) and value.as_tuple().exponent == -2 and cell.number_format == "General":
                    cell.number_format = _MONEY_FORMAT
            case date() if value.year >= _FIRST_YEAR:
                if not is_date_format(cell.number_format):
                    cell.number_format = _DAY_FORMATS[self._language]
                cell.value = value.replace(tzinfo=None) if isinstance(value, datetime) else value
            case _ if isinstance(value, TIME_TYPES) and not isinstance(value, date):
                cell.value = value
            case _:
                return False
        return True

    def _is_whole(self, rich: CellRichText) -> bool:
        """Whether no tag is split over pieces of different looks."""
        return sum(len(TAG.findall(str(block))) for block in rich) == len(TAG.findall(str(rich)))

    def _block(self, block: str | TextBlock, names: Mapping[str, Any]) -> str | TextBlock:
        text = self._rendered(mended(str(block)), names) if "{" in str(block) else str(block)
        return TextBlock(block.font, text) if isinstance(block, TextBlock) else text

    def _evaluated(self, expression: str, names: Mapping[str, Any]) -> Any:
        key = (expression, True)
        if key not in self._compiled:
            self._compiled[key] = self._world.compile_expression(expression, undefined_to_none=False)
        return self._compiled[key](**names)

    def _rendered(self, text: str, names: Mapping[str, Any]) -> str:
        key = (text, False)
        if key not in self._compiled:
            self._compiled[key] = self._world.from_string(text).render
        return ILLEGAL_CHARACTERS_RE.sub("", self._compiled[key](**names))


def _is_exact(value: Any) -> bool:
    """Whether Excel can hold the number: fifteen digits, and no infinity."""
    return math.isfinite(value) and bool(abs(value) < _EXACT_DIGITS)


def _write_text(cell: Any, text: str) -> None:
    """Text stays text: what looks like a formula or an error must not become one in anybody's hands."""
    cell.value = text
    cell.data_type = "s"
    if text.startswith("="):
        cell.quotePrefix = True
