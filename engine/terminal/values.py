"""What people give on the command line: days and sums as they type them, an object in a file or on standard input."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import click

from engine.errors import BadInput, NotFound
from engine.terminal.language import t


def parse_amount(text: str) -> Decimal:
    """A sum: `1200.50`, `1 200,50`."""
    try:
        amount = Decimal("".join(text.split()).replace(",", "."))
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite():
        raise click.BadParameter(t("terminal.no-amount", value=text))
    return amount


def parse_day(text: str) -> date:
    """A day: `2026-11-24`, `24.11.2026`."""
    try:
        if "." in text:
            day, month, year = (int(part) for part in text.split("."))
            return date(year, month, day)
        return date.fromisoformat(text)
    except ValueError as error:
        raise click.BadParameter(t("terminal.no-day", value=text)) from error


def read_object(source: str, *, parse_float: Callable[[str], Any] | None = None) -> dict[str, Any]:
    """The JSON object in a file, or on standard input where `source` is `-`. Raises NotFound, BadInput."""
    try:
        text = sys.stdin.read() if source == "-" else Path(source).read_text("utf-8")
        data = json.loads(text, parse_float=parse_float)
    except OSError as error:
        raise NotFound(what="file", name=source) from error
    except ValueError as error:
        raise BadInput(reason=f"{source}: {error}") from error
    if not isinstance(data, dict):
        raise BadInput(reason=t("terminal.no-object", file=source))
    return data
