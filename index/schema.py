"""The fields of the index. A change here or in the analysis is a new SCHEMA_VERSION, and an older index is then built anew."""

from __future__ import annotations

import json
import zlib
from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from sys import intern
from typing import Any, NamedTuple

from whoosh import columns, fields, formats
from whoosh.codec.whoosh3 import W3Codec

from index.analysis import clean, forms
from index.entry import Entry

SCHEMA_VERSION = 3
FACETS = ("kind", "client", "entity", "direction", "status", "author", "year")

_FACT_WEIGHT = 8.0  # a hit in the number or the client's name against one in the text
GAP = 8  # places between the facts and the text, so that no phrase spans both
_BETWEEN = "\x1f"
_TEXTS = ("number", "kind", "name", "client", "entity", "order", "author", "direction", "status", "language", "currency")


class Card(NamedTuple):
    """What every hit of a search is ranked and counted by; read for thousands of documents at once, so it lies in one column."""

    date: date
    length: int
    id: str
    number: str
    content_hash: str
    kind: str
    client: str
    entity: str
    direction: str
    status: str
    author: str
    year: str


class _Places(formats.Positions):  # type: ignore[misc]  # whoosh has no types
    """Where a term stands, as an array: whoosh's own way, a pickled list, costs a quarter of the time of writing."""

    def encode(self, poslist: Iterable[int]) -> bytes:
        return array("I", poslist).tobytes()

    def decode_positions(self, valuestring: bytes) -> Sequence[int]:
        return array("I", valuestring)

    def decode_frequency(self, valuestring: bytes) -> int:
        return len(valuestring) // array("I").itemsize


class _Text(fields.FieldType):  # type: ignore[misc]
    """Facts and text, given as the forms of their words: whoosh's analysers and tokens are passed by."""

    def __init__(self) -> None:
        super().__init__(format=_Places(), analyzer=None)

    def index(self, value: tuple[list[tuple[str, ...]], list[tuple[str, ...]]], **_: Any) -> Iterator[tuple[bytes, int, float, bytes]]:
        facts, text = value
        places: dict[str, list[int]] = {}
        for place, found in enumerate(facts):
            for form in found:
                places.setdefault(form, []).append(place)
        weights = {form: _FACT_WEIGHT * len(found) for form, found in places.items()}
        for place, found in enumerate(text, start=len(facts) + GAP):
            for form in found:
                places.setdefault(form, []).append(place)
                if form in weights:
                    weights[form] += 1.0
        encode = self.format.encode
        for form, at in places.items():
            yield form.encode(), len(at), weights.get(form, float(len(at))), encode(at)


class _Facts(fields.FieldType):  # type: ignore[misc]
    """Terms given as they are: `key:form` for a word of a fact, `key=value` for the fact as a whole."""

    def __init__(self) -> None:
        super().__init__(format=formats.Existence(), analyzer=None)

    def index(self, value: set[str], **_: Any) -> Iterator[tuple[bytes, int, float, bytes]]:
        for term in value:
            yield term.encode(), 1, 1.0, b""


def codec() -> W3Codec:
    """How segments are written: without the lengths of fields, which the cards hold; asking for them costs a third of the time."""
    written = W3Codec(compression=1)
    written.length_stats = False
    return written


def schema() -> fields.Schema:
    """The fields: what is searched, what is counted, what is shown."""
    return fields.Schema(
        id=fields.ID(),
        text=_Text(),
        facts=_Facts(),
        card=fields.COLUMN(columns.VarBytesColumn()),
        entry=fields.STORED,
    )


def row(entry: Entry) -> dict[str, Any]:
    """An entry as the schema's fields."""
    entry = _cleaned(entry)
    text = [found for page in entry.pages for found in forms(page)]
    return {
        "id": entry.id,
        "text": (forms(facts_of(entry)), text),
        "facts": _terms(entry),
        "card": _carded(entry, len(text)),
        "entry": _stored(entry),
    }


def _stored(entry: Entry) -> bytes:
    known = {name: getattr(entry, name) for name in Entry.__slots__}
    return zlib.compress(json.dumps(known | {"amount": str(entry.amount), "date": entry.date.isoformat()}).encode())


def stored_entry(stored: bytes) -> Entry:
    """The entry that a document was made from, its texts cleaned."""
    known = json.loads(zlib.decompress(stored))
    pages, amount, day = tuple(known.pop("pages")), Decimal(known.pop("amount")), date.fromisoformat(known.pop("date"))
    return Entry(**known, pages=pages, amount=amount, date=day)


def facts_of(entry: Entry) -> str:
    """What was said of a document, as a snippet shows it and a word is looked for in it."""
    day = f"{entry.date:%d.%m.%Y}"
    facts = (entry.number, entry.name, entry.client, entry.entity, entry.order, entry.author, f"{entry.amount:.2f}", day)
    return " · ".join(part for part in facts if part)


def card(stored: bytes) -> Card:
    """The card of a document; strings that many cards share are one."""
    day, length, document_id, number, content_hash, *facets = stored.decode().split(_BETWEEN)
    kind, client, entity, direction, status, author = map(intern, facets)
    return Card(
        date.fromisoformat(day),
        int(length),
        document_id,
        number,
        content_hash,
        kind,
        client,
        entity,
        direction,
        status,
        author,
        intern(day[:4]),
    )


def _cleaned(entry: Entry) -> Entry:
    texts: dict[str, Any] = {name: clean(getattr(entry, name)) for name in _TEXTS}
    return replace(entry, **texts, pages=tuple(map(clean, entry.pages)))


def _carded(entry: Entry, length: int) -> bytes:
    known = (
        entry.id,
        entry.number,
        entry.content_hash,
        entry.kind,
        entry.client,
        entry.entity,
        entry.direction,
        entry.status,
        entry.author,
    )
    return _BETWEEN.join([entry.date.isoformat(), str(length), *(part.replace(_BETWEEN, " ") for part in known)]).encode("utf-8", "replace")


def _terms(entry: Entry) -> set[str]:
    words_of = {
        "client": entry.client,
        "entity": entry.entity,
        "kind": f"{entry.kind} {entry.name}",
        "order": entry.order,
        "author": entry.author,
        "number": entry.number,
        "date": entry.date.isoformat(),
        "year": str(entry.date.year),
        "amount": f"{entry.amount:.2f}",
        "currency": entry.currency,
        "status": entry.status,
        "direction": entry.direction,
        "language": entry.language,
    }
    whole = {
        "kind": entry.kind, "order": entry.order, "author": entry.author, "direction": entry.direction, "status": entry.status,
        "year": str(entry.date.year), "number": entry.number, "currency": entry.currency, "language": entry.language,
    }  # fmt: skip
    terms = {f"{key}:{form}" for key, value in words_of.items() for found in forms(value) for form in found}
    return terms | {f"{key}={value}" for key, value in whole.items()}
