"""Template and fields to an office file, and the check of a template: by its suffix, Word or Excel.

Every slip comes out as a TemplateProblem at its place; no error of Jinja or of a library passes this door.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from jinja2.exceptions import SecurityError, TemplateError, TemplateSyntaxError

from engine.errors import (
    BadSyntax,
    BadValue,
    MissingValue,
    Place,
    TemplateProblem,
    UnknownField,
    UnsafeTemplate,
    WholeObject,
)
from engine.fill import docx, xlsx
from engine.fill.check import Line, docx_lines
from engine.fill.check import problems as found_problems
from engine.fill.environment import FieldError, Manner, environment
from engine.fill.habits import TAG
from engine.fill.names import used
from engine.fill.places import Spot, docx_spots
from engine.guard import check_office

__all__ = ["Manner", "fields_used", "fill", "problems"]

Filters = Mapping[str, Callable[..., Any]]
_FILLERS = {".docx": docx.fill, ".xlsx": xlsx.fill}


def fill(template: bytes, suffix: str, fields: Mapping[str, Any], *, manner: Manner, name: str = "") -> bytes:
    """The office file that the template makes of the fields; `name` is the file's name in messages.

    Raises the first TemplateProblem, and RefusedFile for what the guard does not let in.
    """
    check_office(template, name or f"template{suffix}")
    try:
        return _FILLERS[suffix](template, fields, manner)
    except (TemplateError, FieldError) as error:
        slip = _first_slip(template, suffix, fields, name=name, filters=manner.filters)
        raise slip or _told(error, template, suffix, name=name) from error
    except RecursionError as error:
        raise UnsafeTemplate(Place(file=name), reason="too-long") from error
    except (ArithmeticError, TypeError, ValueError, AttributeError, LookupError) as error:
        raise BadSyntax(Place(file=name), reason="expression", detail=str(error)) from error


def _first_slip(template: bytes, suffix: str, fields: Mapping[str, Any], *, name: str, filters: Filters) -> TemplateProblem | None:
    """What the check says of a template that could not be filled: it knows the place and the suggestion."""
    slips = problems(template, suffix, fields, name=name, filters=filters)
    return next((slip for slip in slips if slip.severity == "error"), None)


def problems(
    template: bytes, suffix: str, sample: Mapping[str, Any], *, name: str = "", filters: Filters | None = None
) -> tuple[TemplateProblem, ...]:
    """All slips that can be found without filling; names are looked up in `sample`, which has every field."""
    world = environment(Manner(filters=filters or {}), is_markup=False)
    return found_problems(_parts(_spots(template, suffix, name), suffix, sample), world, sample)


def fields_used(template: bytes, suffix: str) -> frozenset[str]:
    """The dotted names that the template reads. A template that cannot be read gives those of its readable parts."""
    world = environment(Manner(), is_markup=False)
    found: set[str] = set()
    for lines in _parts(_spots(template, suffix, ""), suffix, {}):
        for line in lines:
            for tag in TAG.findall(line.text):
                found.update(_names_in(tag, world))
    return frozenset(found)


def _names_in(tag: str, world: Any) -> set[str]:
    """The names in one tag, whatever block it opens or closes."""
    if re.match(r"\{%-?\s*(?:end|else\b)", tag):
        return set()
    inside = re.sub(r"^\{[{%]-?\s*(?:(?:if|elif|for\s+[\w\s,]+\s+in|set\s+\w+\s*=)\s+)?|\s*-?[%}]\}$", "", tag)
    try:
        return set(used(world.parse(f"{{{{ {inside} }}}}")))
    except TemplateSyntaxError:
        return set()


def _parts(spots: Sequence[Spot], suffix: str, fields: Mapping[str, Any]) -> list[Sequence[Line]]:
    if suffix == ".xlsx":
        return list(xlsx.lines(spots, fields, environment(Manner(), is_markup=False)))
    return list(docx_lines(spots))


def _spots(template: bytes, suffix: str, name: str) -> tuple[Spot, ...]:
    return xlsx.spots(template, name) if suffix == ".xlsx" else docx_spots(template, name)


def _told(error: Exception, template: bytes, suffix: str, *, name: str) -> TemplateProblem:
    """The error as a problem at the placeholder that it came from, as far as that can be told."""
    spots = _spots(template, suffix, name)
    if isinstance(error, SecurityError):
        spot = _spot_of(spots, "__") or Spot(Place(file=name), "")
        return UnsafeTemplate(spot.place, excerpt=spot.text, reason="sandbox")
    if not isinstance(error, FieldError):
        return BadSyntax(Place(file=name), reason="expression", detail=str(error))
    spot = _spot_of(spots, error.name) or Spot(Place(file=name), "")
    facts = {"excerpt": spot.text, "name": error.name or "…"}
    match error.reason:
        case "unknown":
            problem: TemplateProblem = UnknownField(spot.place, suggestion=error.suggestion, **facts)
        case "empty":
            problem = MissingValue(spot.place, owner="", **facts)
        case "whole-object":
            problem = WholeObject(spot.place, **facts)
        case _:
            problem = BadValue(spot.place, value=error.value, reason=error.suggestion or error.reason, **facts)
    return problem


def _spot_of(spots: Sequence[Spot], name: str) -> Spot | None:
    """Where the name stands in a tag: the whole of it, else its last part after a dot."""
    tail = name.rpartition(".")[2]
    for wanted in (rf"(?<![\w.]){re.escape(name)}(?!\w)", rf"\.{re.escape(tail)}(?!\w)", re.escape(name) if name.startswith("_") else ""):
        if not name or not wanted:
            continue
        for spot in spots:
            if any(re.search(wanted, tag, re.IGNORECASE) for tag in TAG.findall(spot.text)):
                return spot
    return None
