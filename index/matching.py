"""Which documents a reading finds, and how well.

Whoosh stores and reads the postings; matching works on whole sets of documents instead of Whoosh's collectors, which go document by
document: on 20,000 documents a frequent word with all its facets takes a tenth of the time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from heapq import nlargest
from itertools import islice
from math import log
from typing import Any

from index.query import BEGINS, Alternatives, Part, Reading
from index.schema import Card

_MOST_TERMS = 2_000  # that one beginning stands for
_FEW = 40  # times fewer candidates than postings: skip from one to the next
_K, _B = 1.2, 0.75  # of BM25

Found = tuple[int, float, Card, int]
"""How many of the groups, the score, the card, and the document's number in its segment."""


class Segment:
    """One segment of the index, as sets. `cards` reads the card of a document by its number."""

    def __init__(self, reader: Any, cards: Mapping[int, Card]) -> None:
        self.reader, self.cards = reader, cards
        self._known: dict[tuple[str, Alternatives], dict[int, float]] = {}
        self._of_term: dict[tuple[str, str], dict[int, float]] = {}

    def forget(self) -> None:
        """Let go of what was read for one search; the cards stay."""
        self._known.clear()
        self._of_term.clear()

    def everything(self) -> set[int]:
        """All documents."""
        return set(self.reader.all_doc_ids())

    def weights(self, field: str, terms: Alternatives) -> dict[int, float]:
        """The documents with any of the terms, and how much of it each has."""
        key = (field, terms)
        if key not in self._known:
            found: dict[int, float] = {}
            for term in self._expanded(field, terms):
                found |= self._postings(field, term)
            self._known[key] = found
        return self._known[key]

    def frequency(self, field: str, terms: Alternatives) -> int:
        """How many documents have the most frequent of the terms."""
        if any(term.endswith(BEGINS) for term in terms):
            return len(self.weights(field, terms))
        return max(int(self.reader.doc_frequency(field, term)) for term in terms)

    def weights_among(self, candidates: AbstractSet[int], field: str, terms: Alternatives) -> Mapping[int, float]:
        """At least those of the candidates that have any of the terms, and how much of it each has."""
        if (field, terms) in self._known or self.frequency(field, terms) < _FEW * len(candidates):
            return self.weights(field, terms)
        return {matcher.id(): matcher.weight() for term in terms for matcher in self._at(candidates, field, term)}

    def side_by_side(self, candidates: AbstractSet[int], field: str, words: Sequence[Alternatives]) -> set[int]:
        """Those of the candidates that have the words one after the other."""
        possible: dict[int, set[int]] = {}
        for offset, terms in enumerate(words):
            places: dict[int, set[int]] = {}
            for term in terms:
                for matcher in self._at(candidates, field, term):
                    at = matcher.value_as("positions")
                    places.setdefault(matcher.id(), set()).update(place - offset for place in at)
            possible = {number: at & possible[number] for number, at in places.items() if number in possible} if offset else places
            candidates = {number for number, at in possible.items() if at}
        return set(candidates)

    def places(self, numbers: AbstractSet[int], terms: Alternatives) -> dict[int, set[int]]:
        """Where in each of the documents the terms stand: the places of words, of the facts and then of the text."""
        found: dict[int, set[int]] = {number: set() for number in numbers}
        for term in self._expanded("text", terms):
            known = self._of_term.get(("text", term))
            for matcher in self._at(numbers if known is None else numbers & known.keys(), "text", term):
                found[matcher.id()].update(matcher.value_as("positions"))
        return found

    def _postings(self, field: str, term: str) -> dict[int, float]:
        if (field, term) not in self.reader:
            return {}
        matcher = self.reader.postings(field, term)
        found: dict[int, float] = {}
        number, weight, following, is_active = matcher.id, matcher.weight, matcher.next, matcher.is_active
        while is_active():
            found[number()] = weight()
            following()
        self._of_term[field, term] = found
        return found

    def _at(self, candidates: AbstractSet[int], field: str, term: str) -> Iterator[Any]:
        """Whoosh's matcher of the term, standing at each of the candidates that have it."""
        if not candidates or (field, term) not in self.reader:
            return
        matcher = self.reader.postings(field, term)
        for candidate in sorted(candidates):
            if matcher.is_active():
                matcher.skip_to(candidate)
            if not matcher.is_active():
                return
            if matcher.id() == candidate:
                yield matcher

    def _expanded(self, field: str, terms: Alternatives) -> Iterable[str]:
        for term in terms:
            if term.endswith(BEGINS):
                for found in islice(self.reader.expand_prefix(field, term[:-1]), _MOST_TERMS):
                    yield found.decode() if isinstance(found, bytes) else found
            else:
                yield term


def found_by(reading: Reading, filters: tuple[Part, ...], segment: Segment) -> dict[int, int]:
    """The documents of a segment that the reading finds, and how many of its alternatives each has."""
    matched: AbstractSet[int] | None = None
    for part in filters:
        matched = _narrowed(part, segment, matched)
    if len(reading.groups) == 1:
        counts: dict[int, int] = {}
        for part in reading.groups[0]:
            for number in _narrowed(part, segment, matched):
                counts[number] = counts.get(number, 0) + 1
    else:
        for group in sorted(reading.groups, key=lambda group: sum(_size(part, segment) for part in group)):
            matched = set().union(*(_narrowed(part, segment, matched) for part in group))
        counts = dict.fromkeys(segment.everything() if matched is None else matched, len(reading.groups))
    for part in reading.unwanted:
        for number in _narrowed(part, segment, counts.keys()):
            del counts[number]
    return counts


def best(found: Sequence[tuple[Segment, dict[int, int]]], reading: Reading, *, most: int, documents: int) -> list[tuple[Segment, Found]]:
    """The best documents first: more of what was asked for, then BM25, then the newer."""
    lengths = [segment.cards[number].length for segment, counts in found for number in counts]
    usual = sum(lengths) / len(lengths) if any(lengths) else 1.0
    scores: list[dict[int, float]] = [{} for _ in found]
    for part in (part for group in reading.groups for part in group):
        for terms in part.words:
            weights = [segment.weights_among(counts.keys(), part.field, terms) for segment, counts in found]
            rarity = log(1 + documents / (1 + sum(segment.frequency(part.field, terms) for segment, _ in found)))
            for (segment, counts), of_term, score in zip(found, weights, scores, strict=True):
                for number in counts.keys() & of_term.keys():
                    weight = of_term[number]
                    saturation = weight * (_K + 1) / (weight + _K * (1 - _B + _B * segment.cards[number].length / usual))
                    score[number] = score.get(number, 0.0) + rarity * saturation
    ranked = (
        (segment, (count, score.get(number, 0.0), segment.cards[number], number))
        for (segment, counts), score in zip(found, scores, strict=True)
        for number, count in counts.items()
    )
    return nlargest(most, ranked, key=_rank)


def _rank(found: tuple[Segment, Found]) -> tuple[Any, ...]:
    count, score, card, _ = found[1]
    return count, round(score, 4), card.date, card.id


def _narrowed(part: Part, segment: Segment, among: AbstractSet[int] | None) -> AbstractSet[int]:
    """The documents that have the part; of those in `among`, or of all where that is None."""
    for terms in sorted(part.words, key=lambda terms: segment.frequency(part.field, terms)):
        if among is None:
            among = segment.weights(part.field, terms).keys()
        else:
            among = among & segment.weights_among(among, part.field, terms).keys()
    if among is None or not part.words:
        return set()
    return segment.side_by_side(among, part.field, part.words) if part.is_phrase and among else among


def _size(part: Part, segment: Segment) -> int:
    return min((segment.frequency(part.field, terms) for terms in part.words), default=0)
