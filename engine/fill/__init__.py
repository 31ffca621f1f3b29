"""Template and fields to an office file, and the check of a template: by its suffix, Word or Excel.

Every slip comes out as a TemplateProblem at its place; no error of Jinja or of a library passes this door.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from jinja2.exceptions import SecurityError, TemplateSyntaxError

from engine.errors import (
    BadSyntax,
    BadValue,
    MissingValue,
    Place,
    RefusedFile,
    TemplateProblem,
    UnknownField,
    UnsafeTemplate,
    WholeObject,
)
from engine.fill import docx, xlsx
from engine.fill.check import Line, docx_lines, reason_of
from engine.fill.check import problems as found_problems
from engine.fill.environment import Manner, environment
from engine.fill.habits import TAG, mended
from engine.fill.names import used
from engine.fill.places import Spot, docx_spots
from engine.fill.sandbox import BrokenMarkup, FieldError, Stopped
from engine.guard import check_office

__all__ = ["Manner", "fields_used", "fill", "problems"]

Filters = Mapping[str, Callable[..., Any]]
_FILLERS = {".docx": docx.fill, ".xlsx": xlsx.fill}
_RENDERS = ("T02", "P01", "P02")  # slips that come out wrong, but do not stop a fill
_MOST_KNOWN = 1_000
_known: dict[bytes, str] = {}


def fill(template: bytes, suffix: str, fields: Mapping[str, Any], *, manner: Manner, name: str = "") -> bytes:
    """The office file that the template makes of the fields; `name` is the file's name in messages.

    Raises the first TemplateProblem, and RefusedFile for what the guard does not let in.
    """
    _let_in(template, suffix, name)
    try:
        return _FILLERS[suffix](template, fields, manner)
    except Stopped as stop:
        cause = stop.__cause__
        spots = _spots(template, suffix, name)
        if isinstance(cause, (SecurityError, OverflowError, RecursionError)) or (isinstance(cause, FieldError) and cause.reason == "empty"):
            raise _told(stop, spots, name=name) from cause
        # The check knows names and brackets better than the place where the fill stopped can tell.
        slips = _slips(spots, suffix, fields, filters=manner.filters)
        slip = next((slip for slip in slips if slip.severity == "error" and slip.code not in _RENDERS), None)
        raise slip or _told(stop, spots, name=name) from cause


def problems(
    template: bytes, suffix: str, sample: Mapping[str, Any], *, name: str = "", filters: Filters | None = None
) -> tuple[TemplateProblem, ...]:
    """All slips that can be found without filling; names are looked up in `sample`, which has every field.

    Raises RefusedFile for what the guard does not let in.
    """
    _let_in(template, suffix, name)
    return _slips(_spots(template, suffix, name), suffix, sample, filters=filters or {})


def fields_used(template: bytes, suffix: str) -> frozenset[str]:
    """The dotted names that the template reads. A template that cannot be read gives those of its readable parts."""
    _let_in(template, suffix, "")
    world = environment(Manner(), is_markup=False)
    found: set[str] = set()
    for spot in _spots(template, suffix, ""):
        for tag in TAG.findall(mended(spot.text)):
            found.update(_names_in(tag, world))
    return frozenset(found)


def _let_in(template: bytes, suffix: str, name: str) -> None:
    """Pass the template by the guard, once a process: that takes longer than to fill it (52 ms of 83, python-docx's default styles)."""
    name, digest = name or f"template{suffix}", hashlib.sha256(template).digest()
    kind = _known.get(digest) or check_office(template, name)
    if len(_known) >= _MOST_KNOWN:
        _known.clear()
    _known[digest] = kind
    if kind != suffix:
        raise RefusedFile(file=name, reason="not-office")


def _slips(spots: Sequence[Spot], suffix: str, sample: Mapping[str, Any], *, filters: Filters) -> tuple[TemplateProblem, ...]:
    world = environment(Manner(filters=filters), is_markup=False)
    return found_problems(_parts(spots, suffix, sample), world, sample)


def _names_in(tag: str, world: Any) -> set[str]:
    """The names in one tag, whatever block it opens or closes."""
    if re.match(r"\{%-?(?:(?:tr|tc|p|r)\s)?\s*(?:end|else\b)", tag):
        return set()
    inside = re.sub(r"^\{[{%]-?(?:(?:tr|tc|p|r)\s)?\s*(?:(?:if|elif|for\s+[\w\s,]+\s+in|set\s+\w+\s*=)\s+)?|\s*-?[%}]\}$", "", tag)
    try:
        return set(used(world.parse(f"{{{{ {inside} }}}}")))
    except TemplateSyntaxError:
        return set()


def _parts(spots: Sequence[Spot], suffix: str, fields: Mapping[str, Any]) -> list[Sequence[Line]]:
    lines = xlsx.lines if suffix == ".xlsx" else docx_lines
    return list(lines(spots, fields))


def _spots(template: bytes, suffix: str, name: str) -> tuple[Spot, ...]:
    return xlsx.spots(template, name) if suffix == ".xlsx" else docx_spots(template, name)


def _told(stop: Stopped, spots: Sequence[Spot], *, name: str) -> TemplateProblem:
    """What stopped the fill as a problem at its placeholder, as far as that can be told."""
    error = stop.__cause__
    field = error.name if isinstance(error, FieldError) else ""
    spot = _spot_of(spots, stop, field) or Spot(Place(file=name), stop.text)
    if isinstance(error, FieldError):
        return _field_problem(error, spot)
    match error:
        case SecurityError():
            return UnsafeTemplate(spot.place, excerpt=spot.text, reason="sandbox")
        case OverflowError() | RecursionError():
            return UnsafeTemplate(spot.place, excerpt=spot.text, reason="too-long")
        case BrokenMarkup():
            return BadSyntax(spot.place, excerpt=spot.text, reason="broken-markup")
        case TemplateSyntaxError():
            return BadSyntax(spot.place, excerpt=spot.text, **reason_of(error.message or "", spot.text))
    return BadSyntax(spot.place, excerpt=spot.text, reason="calculation", detail=str(error))


def _field_problem(error: FieldError, spot: Spot) -> TemplateProblem:
    facts = {"excerpt": spot.text, "name": _written_name(error.name, spot.text)}
    match error.reason:
        case "unknown":
            return UnknownField(spot.place, suggestion=error.suggestion, **facts)
        case "empty":
            return MissingValue(spot.place, owner="", **facts)
        case "whole-object":
            return WholeObject(spot.place, **facts)
    return BadValue(spot.place, value=error.value, reason=error.suggestion or error.reason, **facts)


def _spot_of(spots: Sequence[Spot], stop: Stopped, field: str) -> Spot | None:
    """The spot at the place where the fill stopped, else the one with that text, else one whose tags name the field."""
    if stop.place is not None:
        return next((spot for spot in spots if spot.place.facts().items() >= stop.place.facts().items()), None)
    tags = [_squeezed(tag) for tag in TAG.findall(stop.text)]
    alike = [spot for spot in spots if tags and [_squeezed(tag) for tag in TAG.findall(mended(spot.text))] == tags]
    named = [spot for spot in alike or spots if field and _names(spot.text, field)]
    return next(iter(named or alike), None)


def _names(text: str, field: str) -> bool:
    """Whether a tag of the text names the field, whole or by its last part."""
    wanted = re.compile(rf"(?:(?<![\w.])|\.){re.escape(field.rpartition('.')[2])}(?!\w)", re.IGNORECASE)
    return any(wanted.search(tag) for tag in TAG.findall(text))


def _squeezed(tag: str) -> str:
    """A tag without what docxtpl strips of it."""
    return re.sub(r"\s|(?<=^\{[%{])(?:tr|tc|p|r)(?=\s)", "", tag)


def _written_name(field: str, text: str) -> str:
    """The field as its author wrote it; where only its last part is known, or nothing, the tag tells."""
    if "." in field:
        return field
    written = re.findall(rf"[\w.\[\]]*\.{re.escape(field)}(?!\w)", " ".join(TAG.findall(text))) if field else []
    inside = re.findall(r"\{\{-?\s*(.+?)\s*-?\}\}", text)
    return written[0] if len(set(written)) == 1 else field or (inside[0] if len(inside) == 1 else "…")
