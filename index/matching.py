"""Which documents a reading finds, and how well.

Whoosh stores and reads the postings; matching works on whole sets of documents instead of Whoosh's collectors, which go document by
document: on 20,000 documents a frequent word with all its facets takes a tenth of the time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from heapq import nlargest
from itertools import islice
from math import log
from typing import Any, NamedTuple

from index.query import BEGINS, Alternatives, Part, Reading
from index.schema import Card

_MOST_TERMS = 1_000  # that one beginning stands for
_FEW = 40  # times fewer candidates than postings: skip from one to the next
_K, _B = 1.2, 0.75  # of BM25


class Segment:
    """One segment of the index, as sets. `cards` reads the card of a document by its number."""

    def __init__(self, reader: Any, cards: Mapping[int, Card]) -> None:
        self.reader, self.cards = reader, cards
        self._known: dict[tuple[str, Alternatives], dict[int, float]] = {}
        self._of_term: dict[tuple[str, str], dict[int, float]] = {}
        self._frequencies: dict[tuple[str, Alternatives], dict[str, int]] = {}

    def forget(self) -> None:
        """Let go of what was read for one search; the cards stay."""
        self._known.clear()
        self._of_term.clear()
        self._frequencies.clear()

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
        return max(self._expanded(field, terms).values(), default=0)

    def weights_among(self, candidates: AbstractSet[int], field: str, terms: Alternatives) -> Mapping[int, float]:
        """At least those of the candidates that have any of the terms, and how much of it each has."""
        if (field, terms) in self._known or self.frequency(field, terms) < _FEW * len(candidates):
            return self.weights(field, terms)
        return {matcher.id(): matcher.weight() for term in self._expanded(field, terms) for matcher in self._at(candidates, field, term)}

    def side_by_side(self, candidates: AbstractSet[int], field: str, words: Sequence[Alternatives]) -> set[int]:
        """Those of the candidates that have the words one after the other."""
        possible: dict[int, set[int]] = {}
        for offset, terms in enumerate(words):
            places: dict[int, set[int]] = {}
            for term in self._expanded(field, terms):
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
        if not candidates:
            return
        matcher = self.reader.postings(field, term)
        for candidate in sorted(candidates):
            if matcher.is_active():
                matcher.skip_to(candidate)
            if not matcher.is_active():
                return
            if matcher.id() == candidate:
                yield matcher

    def _expanded(self, field: str, terms: Alternatives) -> dict[str, int]:
        """Those of the terms that there are, with what begins like them, and how many documents have each."""
        key = (field, terms)
        if key not in self._frequencies:
            known: dict[str, int] = {}
            for term in terms:
                begun = islice(self.reader.expand_prefix(field, term[:-1]), _MOST_TERMS) if term.endswith(BEGINS) else (term.encode(),)
                known |= {found.decode(): int(self.reader.doc_frequency(field, found)) for found in begun}
            self._frequencies[key] = {term: frequency for term, frequency in known.items() if frequency}
        return self._frequencies[key]


class Found(NamedTuple):
    """A document that was found, by its number in its segment."""

    segment: Segment
    number: int
    card: Card
    score: float


def found_by(reading: Reading, filters: tuple[Part, ...], segment: Segment) -> dict[int, int]:
    """The documents of a segment that the reading finds, and how many of its alternatives each has."""
    matched: AbstractSet[int] | None = None
    for part in sorted(filters, key=lambda part: _size(part, segment)):
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


def best(found: Sequence[tuple[Segment, dict[int, int]]], reading: Reading, *, most: int, documents: int) -> list[Found]:
    """The best documents first: more of what was asked for, then BM25, then the newer."""
    scores = _scores(found, reading, documents)
    ranked = [
        (count, round(score[number], 4), which, number)
        for which, ((_, counts), score) in enumerate(zip(found, scores, strict=True))
        for number, count in counts.items()
    ]
    if len(ranked) > most > 0:  # those that may be among the best: only for them the date and the id are looked at
        least = nlargest(most, ranked)[-1][:2]
        ranked = [rank for rank in ranked if rank[:2] >= least]
    cards = [segment.cards for segment, _ in found]
    ranked.sort(key=lambda rank: (rank[0], rank[1], cards[rank[2]][rank[3]].date, cards[rank[2]][rank[3]].id), reverse=True)
    return [Found(found[which][0], number, cards[which][number], score) for _, score, which, number in ranked[:most]]


def _scores(found: Sequence[tuple[Segment, dict[int, int]]], reading: Reading, documents: int) -> list[dict[int, float]]:
    """BM25 of each document by segment; the forms of a word count as one term."""
    lengths = [{number: segment.cards[number].length for number in counts} for segment, counts in found]
    usual = sum(sum(of.values()) for of in lengths) / max(sum(map(len, lengths)), 1) or 1.0
    norms = [{number: _K * (1 - _B + _B * length / usual) for number, length in of.items()} for of in lengths]
    scores = [dict.fromkeys(counts, 0.0) for _, counts in found]
    for part in (part for group in reading.groups for part in group):
        for terms in part.words:
            weights = [segment.weights_among(counts.keys(), part.field, terms) for segment, counts in found]
            rarity = (_K + 1) * log(1 + documents / (1 + sum(segment.frequency(part.field, terms) for segment, _ in found)))
            for of_term, norm, score in zip(weights, norms, scores, strict=True):
                for number in score.keys() & of_term.keys():
                    weight = of_term[number]
                    score[number] += rarity * weight / (weight + norm[number])
    return scores


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
