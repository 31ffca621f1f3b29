"""What goes into the index and what comes out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date as calendar_date
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Entry:
    """One document: its facts, and its text by page. `content_hash` is the caller's mark of what the entry was made from."""

    id: str
    revision: int
    content_hash: str
    number: str
    kind: str
    name: str
    client: str
    entity: str
    order: str
    author: str
    direction: str
    status: str
    language: str
    currency: str
    amount: Decimal
    date: calendar_date
    pages: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Hit:
    """One document found; in `snippet` each hit stands between `<mark>` and `</mark>`, `page` counts from 1, 0 where only facts matched."""

    id: str
    number: str
    kind: str
    client: str
    date: calendar_date
    page: int
    score: float
    snippet: str


@dataclass(frozen=True, slots=True)
class SearchResult:
    """What a query found: `read_as` says how it was understood, `total` counts beyond the hits given, `facets` counts values by field."""

    query: str
    read_as: str
    total: int
    hits: tuple[Hit, ...]
    facets: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    did_you_mean: str | None = None


@dataclass(frozen=True, slots=True)
class IndexStatus:
    """How much there is."""

    documents: int
    segments: int
    bytes: int
    schema_version: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """How the index differs from what the caller expected, by document id."""

    ok: bool
    documents: int
    missing: tuple[str, ...]
    surplus: tuple[str, ...]
    stale: tuple[str, ...]
