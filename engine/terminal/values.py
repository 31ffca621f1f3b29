"""Days and sums as people type them on the command line; click says what is wrong with one, in the user's language."""

from __future__ import annotations

from datetime import date
from decimal import Decimal, InvalidOperation

import click

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
