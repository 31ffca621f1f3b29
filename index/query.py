"""What a person typed, read as a query. No query is an error: what has no other meaning is words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from index.analysis import clean, joined, starts, words

_LONGEST, _MOST_PARTS = 2_000, 50  # letters and parts of a query that count
_QUOTES = str.maketrans(dict.fromkeys("«»“”„‟", '"'))
_QUOTED_OR_NOT = re.compile(r'"[^"]*"?|[^"]+')
_PIECE = re.compile(r'(?P<minus>[-−])?(?:(?P<field>[^\W\d_]+):)?(?:"(?P<phrase>[^"]*)"?|(?P<bare>[^\s"]+))')
_LISTED = re.compile(r"[,;](?!\d)")
_FIELDS = {
    "client": ("client", "клієнт", "клиент", "контрагент"),
    "entity": ("entity", "юрособа", "юрлицо"),
    "kind": ("kind", "type", "вид", "тип"),
    "order": ("order", "замовлення", "заказ"),
    "author": ("author", "автор"),
    "number": ("number", "номер"),
    "date": ("date", "дата"),
    "year": ("year", "рік", "год"),
    "amount": ("amount", "sum", "сума", "сумма"),
    "currency": ("currency", "валюта"),
    "status": ("status", "статус"),
    "direction": ("direction", "напрям", "направление"),
    "language": ("language", "мова", "язык"),
}
_FIELD_BY_NAME = {name: key for key, names in _FIELDS.items() for name in names}
_OR = {"OR", "АБО", "ИЛИ", "|", "||"}
_AND = {"AND", "ТА", "&", "&&"}
_NOT = {"NOT", "НЕ"}
_EXACT = ("kind", "order", "author", "direction", "status", "year", "number", "currency", "language")
FILTERS = (*_EXACT, "client", "entity", "date_from", "date_to")

BEGINS = "\x1e"  # ends a term of which only the beginning is asked for; no cleaned text holds one

Alternatives = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """One thing asked for: in `field`, all of `words`, each by any of its terms; side by side if `is_phrase`.

    `marks` are the words to mark in the text of what is found. A term that ends with BEGINS stands for all that begin like it.
    """

    shown: str
    field: str = "text"
    words: tuple[Alternatives, ...] = ()
    is_phrase: bool = False
    marks: tuple[Alternatives, ...] = ()


@dataclass(frozen=True, slots=True)
class Reading:
    """A query as it was read: one part of each group must be there, and none of the unwanted."""

    groups: tuple[tuple[Part, ...], ...] = ()
    unwanted: tuple[Part, ...] = ()

    @property
    def read_as(self) -> str:
        """The query as a person could have typed it."""
        return " ".join([" OR ".join(part.shown for part in group) for group in self.groups] + [f"-{part.shown}" for part in self.unwanted])

    @property
    def marks(self) -> tuple[Alternatives, ...]:
        """The words to mark in what is found, each as its terms."""
        return tuple(mark for group in self.groups for part in group for mark in part.marks)

    def loosened(self) -> Reading | None:
        """The same where any one of its words is enough, or None where that would be the same."""
        return Reading((tuple(part for group in self.groups for part in group),), self.unwanted) if len(self.groups) > 1 else None


def readings(text: str) -> Iterator[Reading]:
    """The ways to read the text, the likeliest first; the next is tried where one finds nothing."""
    asked = clean(text[:_LONGEST]).translate(_QUOTES)
    whole = "".join(piece if piece.startswith('"') else joined(piece) for piece in _QUOTED_OR_NOT.findall(asked))
    strict = _read(whole)
    yield strict
    apart = _read(asked) if whole != asked else strict
    if apart != strict:  # «5 100» may be five and a hundred
        yield apart
    loose = strict.loosened()
    if loose is not None:
        yield loose


def narrowed(filters: Mapping[str, Any]) -> tuple[tuple[Part, ...], date | None, date | None]:
    """What the filters ask for, and the first and the last day. Raises ValueError for a filter that is none, or a day that is none."""
    parts: list[Part] = []
    for name, value in filters.items():
        if name not in FILTERS:
            raise ValueError(f"{name}: no such filter; there are {', '.join(FILTERS)}")
        if value in (None, "") or name.startswith("date_"):
            continue
        text = clean(str(value))
        parts.append(Part(text, "facts", ((f"{name}={text}",),)) if name in _EXACT else _of_fact(name, text) or Part(text, "facts"))
    return tuple(parts), _day(filters.get("date_from")), _day(filters.get("date_to"))


def _day(value: Any) -> date | None:
    if value in (None, ""):
        return None
    return value if isinstance(value, date) else date.fromisoformat(str(value))


def _read(text: str) -> Reading:
    groups: list[tuple[Part, ...]] = []
    unwanted: list[Part] = []
    joins_next = is_unwanted = False
    for match in list(_PIECE.finditer(_LISTED.sub(" ", text)))[:_MOST_PARTS]:
        typed = match.group()
        if typed in _AND:
            continue
        if typed in _OR:
            joins_next = bool(groups)
            continue
        if typed in _NOT:
            is_unwanted = True
            continue
        part = _part(match)
        if part is None:
            continue
        if match.group("minus") or is_unwanted:
            unwanted.append(part)
        elif joins_next:
            groups[-1] = (*groups[-1], part)
        else:
            groups.append((part,))
        joins_next = is_unwanted = False
    return Reading(tuple(groups), tuple(unwanted))


def _part(match: re.Match[str]) -> Part | None:
    """One piece of the text; None where there is nothing in it to look for."""
    name, phrase, bare = match.group("field", "phrase", "bare")
    key = _FIELD_BY_NAME.get((name or "").casefold())
    value = " ".join((phrase if phrase is not None else bare or "").split())
    if name and key is None:
        value = f"{name} {value}".strip()
    if key and value:
        return _of_fact(key, value)
    if phrase is None and value.endswith("*"):
        return _cut_short(value.rstrip("*"))
    found = [word.asked for word in words(value)]
    if not found:
        return None
    shown = " ".join(value[word.start : word.end] for word in words(value)) if phrase is None else value
    is_phrase = len(found) > 1
    needs_quotes = is_phrase or phrase is not None or shown in _OR | _AND | _NOT
    return Part(f'"{shown}"' if needs_quotes else shown, words=tuple(found), is_phrase=is_phrase, marks=tuple(found))


def _cut_short(value: str) -> Part | None:
    begun = list(words(value))
    if not begun:
        return None
    last = value[begun[-1].start : begun[-1].end]
    begins = tuple(f"{start}{BEGINS}" for start in starts(last))
    return Part(f"{last}*", words=(begins,), marks=(begins,))


def _of_fact(key: str, value: str) -> Part | None:
    """A part of a fact: each word of `value` as a word of it, in any form, or as the beginning of one."""
    value = value.rstrip("*")
    found = list(words(value))
    if not found:
        return None
    alternatives = []
    for word in found:
        begun = starts(value[word.start : word.end]) if key in ("client", "entity", "author", "kind", "order", "number") else ()
        alternatives.append((*(f"{key}:{form}" for form in word.asked), *(f"{key}:{start}{BEGINS}" for start in begun)))
    shown = f'"{value}"' if " " in value else value
    return Part(f"{key}:{shown}", "facts", tuple(alternatives), marks=tuple(word.asked for word in found))
