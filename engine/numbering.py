"""Numbers: patterns, the counters behind them, and the reserving of the next one within a document's transaction."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from engine.errors import BadSetting
from engine.model import LegalEntity

_PART = re.compile(r"\{(prefix|yyyy|yy|mm|n(?::0\d{1,2})?)\}")
_ALLOWED = "{prefix} {yyyy} {yy} {mm} {n:04}"


class Counters(Protocol):
    """What keeps the series; the register's `series`."""

    def next(self, *, kind: str, entity_id: str, pattern: str, period: str) -> tuple[int, int]: ...

    def peek(self, *, kind: str, entity_id: str, pattern: str, period: str) -> int: ...


@dataclass(frozen=True, slots=True)
class Reserved:
    """A number that is a document's now, and its place in its series."""

    number: str
    series_id: int
    n: int


def reserve(counters: Counters, *, kind: str, entity: LegalEntity, pattern: str, day: date) -> Reserved:
    """The next number of the kind, the legal entity and the pattern's period. Raises BadSetting for a pattern that makes no numbers."""
    printed(pattern, n=0, day=day, prefix=entity.prefix)
    series_id, n = counters.next(kind=kind, entity_id=entity.id, pattern=pattern, period=period(pattern, day))
    return Reserved(printed(pattern, n=n, day=day, prefix=entity.prefix), series_id, n)


def upcoming(counters: Counters, *, kind: str, entity: LegalEntity, pattern: str, day: date) -> str:
    """The number that `reserve` would give now."""
    n = counters.peek(kind=kind, entity_id=entity.id, pattern=pattern, period=period(pattern, day))
    return printed(pattern, n=n, day=day, prefix=entity.prefix)


def period(pattern: str, day: date) -> str:
    """When the pattern's counter begins anew: each month, each year, or never.

    >>> period("РХ-{yyyy}-{n:04}", date(2026, 11, 24)), period("{mm}/{yy}-{n}", date(2026, 11, 24)), period("Д-{n}", date(2026, 11, 24))
    ('2026', '2026-11', '')
    """
    if "{mm}" in pattern:
        return f"{day:%Y-%m}"
    return f"{day:%Y}" if "{yyyy}" in pattern or "{yy}" in pattern else ""


def printed(pattern: str, *, n: int, day: date, prefix: str = "") -> str:
    """The number as it stands on paper.

    >>> printed("{prefix}РХ-{yyyy}-{n:04}", n=7, day=date(2026, 11, 24), prefix="Ф-")
    'Ф-РХ-2026-0007'

    Raises BadSetting for a pattern without a number, with an unknown part, or whose counter begins anew unseen ({mm} without a year).
    """
    names = [match.group(1).partition(":")[0] for match in _PART.finditer(pattern)]
    has_year = "yyyy" in names or "yy" in names
    if "n" not in names or set(_PART.sub("", pattern)) & set("{}") or ("mm" in names and not has_year):
        raise BadSetting(setting="series", value=pattern, allowed=_ALLOWED)
    values = {"prefix": prefix, "yyyy": f"{day:%Y}", "yy": f"{day:%y}", "mm": f"{day:%m}"}

    def part(match: re.Match[str]) -> str:
        name, _, width = match.group(1).partition(":")
        return str(n).zfill(int(width or 0)) if name == "n" else values[name]

    return _PART.sub(part, pattern)
