"""What a person typed, read as a query. No query is an error: what has no other meaning is words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from whoosh import query as whoosh_query

from index.analysis import joined, words

_PIECE = re.compile(r'(?P<minus>-)?(?:(?P<field>[^\W\d]+):)?(?:"(?P<phrase>[^"]*)"?|(?P<bare>[^\s"]+))')
_FIELDS = {
    "client": ("client", "клієнт", "клиент", "контрагент"),
    "entity": ("entity", "юрособа", "юрлицо"),
    "kind": ("kind", "type", "вид"),
    "order": ("order", "замовлення", "заказ"),
    "author": ("author", "автор"),
    "year": ("year", "рік", "год"),
    "number": ("number", "номер"),
}
_FIELD_BY_NAME = {name: key for key, names in _FIELDS.items() for name in names}
_OR = {"OR", "АБО", "ИЛИ", "|"}
_NOT = {"NOT", "НЕ"}


@dataclass(slots=True)
class Reading:
    """A query as it was read: what to ask the index, in words of a person, and the terms to mark in what is found."""

    query: whoosh_query.Query
    read_as: str
    marks: set[str] = field(default_factory=set)
    loose: whoosh_query.Query | None = None


def read(text: str) -> Reading:
    """Read the text. `loose` is the same with any one of its words being enough, or None where that would be the same."""
    groups: list[list[tuple[whoosh_query.Query, str]]] = []
    marks: set[str] = set()
    excluded: list[tuple[whoosh_query.Query, str]] = []
    joins_next = is_unwanted = False
    for match in _PIECE.finditer(joined(text)):
        if match.group() in _OR:
            joins_next = bool(groups)
            continue
        if match.group() in _NOT:
            is_unwanted = True
            continue
        found = _piece(match)
        if found is None:
            continue
        asked, shown, forms = found
        if match.group("minus") or is_unwanted:
            excluded.append((asked, f"−{shown}"))
            is_unwanted = False
            continue
        marks |= forms
        if joins_next:
            groups[-1].append((asked, shown))
        else:
            groups.append([(asked, shown)])
        joins_next = False
    return _put_together(groups, excluded, marks)


def _put_together(
    groups: list[list[tuple[whoosh_query.Query, str]]], excluded: list[tuple[whoosh_query.Query, str]], marks: set[str]
) -> Reading:
    parts = [group[0][0] if len(group) == 1 else whoosh_query.Or([asked for asked, _ in group]) for group in groups]
    shown = [" | ".join(part for _, part in group) for group in groups] + [part for _, part in excluded]
    wanted = whoosh_query.And(parts) if parts else whoosh_query.Every()
    loose = whoosh_query.Or(parts) if len(parts) > 1 else None
    if excluded:
        banned = whoosh_query.Or([asked for asked, _ in excluded])
        wanted = whoosh_query.AndNot(wanted, banned)
        loose = whoosh_query.AndNot(loose, banned) if loose else None
    if not groups and not excluded:
        wanted = whoosh_query.NullQuery
    return Reading(wanted, " ".join(shown), marks, loose)


def _piece(match: re.Match[str]) -> tuple[whoosh_query.Query, str, set[str]] | None:
    """One piece of the text: its query, how it was read, and the terms to mark; None where there is nothing in it to look for."""
    name, phrase, bare = match.group("field", "phrase", "bare")
    key = _FIELD_BY_NAME.get((name or "").casefold())
    value = phrase if phrase is not None else bare or ""
    if name and key is None:
        value = f"{name} {value}"
    if key and value:
        return _of_field(key, value)
    if phrase is None and value.endswith("*") and len(value) > 1:
        return _prefix(value[:-1])
    found = list(words(value))
    if not found:
        return None
    terms = [_any_of(word.asked) for word in found]
    forms = {form for word in found for form in word.asked}
    shown = value.strip(" ()[]{}.,;!?") or value
    if len(found) == 1:
        return terms[0], shown, forms
    if phrase is not None:
        nearby = [
            whoosh_query.Sequence([_any_of(word.asked, only=place) for word in found], slop=1, ordered=True) for place in ("text", "facts")
        ]
        return whoosh_query.Or(nearby), f"«{shown}»", forms
    return whoosh_query.And(terms), shown, forms


def _any_of(forms: tuple[str, ...], only: str = "") -> whoosh_query.Query:
    """A word in any of its forms, in the facts or the text; a hit in the facts counts more."""
    if only:
        return whoosh_query.Or([whoosh_query.Term(only, form) for form in forms])
    terms = [whoosh_query.Term(place, form, boost=boost) for place, boost in (("facts", 2.0), ("text", 1.0)) for form in forms]
    return whoosh_query.Or(terms)


def _prefix(value: str) -> tuple[whoosh_query.Query, str, set[str]]:
    start = value.casefold()
    return whoosh_query.Or([whoosh_query.Prefix(place, start) for place in ("facts", "text")]), f"{value}*", {f"{start}*"}


def _of_field(key: str, value: str) -> tuple[whoosh_query.Query, str, set[str]] | None:
    shown = f"{key}: {value}"
    if key in ("client", "entity"):
        return parts_of_name(f"{key}_words", value), shown, set()
    if key == "number":
        found = [_any_of(word.asked, only="facts") for word in words(value)]
        return (whoosh_query.And(found), shown, {form for word in words(value) for form in word.asked}) if found else None
    return whoosh_query.Term(key, value), shown, set()


def parts_of_name(place: str, value: str) -> whoosh_query.Query:
    """A part of a name: each word of `value` as a word of it, in any form, or as the beginning of one."""
    parts = []
    for word in words(value):
        start = value[word.start : word.end].casefold()
        parts.append(whoosh_query.Or([whoosh_query.Term(place, form) for form in word.asked] + [whoosh_query.Prefix(place, start)]))
    return whoosh_query.And(parts) if parts else whoosh_query.NullQuery


def narrowed(filters: Mapping[str, Any]) -> whoosh_query.Query | None:
    """The filters as a query, or None where there are none. Dates are days or their ISO text, inclusive."""
    parts: list[whoosh_query.Query] = []
    for name, value in filters.items():
        if value in (None, "") or name in ("date_from", "date_to"):
            continue
        if name in ("client", "entity"):
            parts.append(parts_of_name(f"{name}_words", str(value)))
        else:
            parts.append(whoosh_query.Term(name, str(value)))
    start, end = filters.get("date_from"), filters.get("date_to")
    if start or end:
        parts.append(whoosh_query.NumericRange("day", _day(start), _day(end)))
    return whoosh_query.And(parts) if parts else None


def _day(value: Any) -> int | None:
    if not value:
        return None
    day = value if isinstance(value, date) else date.fromisoformat(str(value))
    return int(f"{day:%Y%m%d}")
