"""One state of an index, read: what a search finds in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from whoosh import index as whoosh_index

from index.entry import Hit, SearchResult
from index.matching import Found, Segment, best, found_by
from index.query import Part, Reading, readings
from index.schema import FACETS, GAP, Card, card, facts_of, schema, stored_entry
from index.snippet import snippet

Narrow = tuple[tuple[Part, ...], date | None, date | None]


class Snapshot:
    """The build in a folder as it is at this moment. Not for two threads at once.

    `known` are the cards that an earlier snapshot read, by segment: a segment never changes.
    """

    def __init__(self, build: Path, known: Mapping[str, Mapping[int, Card]]) -> None:
        self.build = build
        self._index = whoosh_index.open_dir(build, schema=schema())
        self._reader = self._index.reader()
        self.documents = int(self._reader.doc_count())
        leaves = [leaf for leaf, _ in self._reader.leaf_readers() if leaf.doc_count_all()]
        self.segments = [Segment(leaf, _Cards(leaf, known.get(_name(leaf), {}))) for leaf in leaves]

    def cards(self) -> dict[str, Mapping[int, Card]]:
        """The cards that were read, by segment."""
        return {_name(segment.reader): segment.cards for segment in self.segments}

    def is_current(self, build: Path) -> bool:
        """Whether nothing was written since."""
        return build == self.build and self._index.latest_generation() == self._reader.generation()

    def close(self) -> None:
        """Let go of the files."""
        self._reader.close()
        self._index.close()

    def hashes(self) -> dict[str, str]:
        """The content hash of every document by its id."""
        cards = (segment.cards[number] for segment in self.segments for number in segment.everything())
        return {card.id: card.content_hash for card in cards}

    def search(self, query: str, narrow: Narrow, *, limit: int, offset: int) -> SearchResult:
        """What the first reading of the query that finds anything finds."""
        ways = list(readings(query))
        found: list[tuple[Segment, dict[int, int]]] = []
        reading = ways[0]
        for way in ways if ways[0].groups or ways[0].unwanted or not query.strip() else []:
            found = [(segment, self._within(segment, way, narrow)) for segment in self.segments]
            if any(counts for _, counts in found):
                reading = way
                break
        cards = [segment.cards[number] for segment, counts in found for number in counts]
        ranked = best(found, reading, most=offset + limit, documents=self.documents)[offset:]
        asked = _asked(ranked, reading)
        hits = tuple(_hit(hit, asked[hit.segment][hit.number]) for hit in ranked)
        for segment in self.segments:
            segment.forget()
        return SearchResult(query, reading.read_as, len(cards), hits, _facets(cards))

    def _within(self, segment: Segment, reading: Reading, narrow: Narrow) -> dict[int, int]:
        parts, first, last = narrow
        counts = found_by(reading, parts, segment)
        if first or last:
            start, end = first or date.min, last or date.max
            counts = {number: count for number, count in counts.items() if start <= segment.cards[number].date <= end}
        return counts


class _Cards(dict[int, Card]):
    """The cards of one segment, each read when it is first needed."""

    def __init__(self, reader: Any, known: Mapping[int, Card]) -> None:
        super().__init__(known)
        self._column = reader.column_reader("card", translate=False)

    def __missing__(self, number: int) -> Card:
        self[number] = found = card(self._column[number])
        return found


def _name(leaf: Any) -> str:
    return str(leaf.segment().segment_id())


def _facets(cards: list[Card]) -> Mapping[str, Mapping[str, int]]:
    columns = dict(zip(Card._fields, zip(*cards, strict=True), strict=True)) if cards else {}
    counted = {name: Counter(columns.get(name, ())) for name in FACETS}
    return {name: {value: count for value, count in counter.most_common() if value} for name, counter in counted.items()}


def _asked(ranked: list[Found], reading: Reading) -> dict[Segment, dict[int, dict[int, int]]]:
    """By segment and number of each hit, the places of the words asked for, and which of them stands there."""
    asked: dict[Segment, dict[int, dict[int, int]]] = {}
    for hit in ranked:
        asked.setdefault(hit.segment, {})[hit.number] = {}
    for segment, numbers in asked.items():
        for which, mark in enumerate(reading.marks):
            for number, places in segment.places(numbers.keys(), mark).items():
                numbers[number].update(dict.fromkeys(places, which))
    return asked


def _hit(found: Found, asked: Mapping[int, int]) -> Hit:
    card = found.card
    entry = stored_entry(found.segment.reader.stored_fields(found.number)["entry"])
    page, piece = snippet(entry.pages, facts_of(entry), asked, gap=GAP)
    return Hit(card.id, card.number, card.kind, card.client, card.date, page, round(found.score, 3), piece)
