"""The piece of a document that shows why it was found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from index.analysis import places

_WIDTH = 200
_MOST_HITS = 200  # of one page that are weighed against each other

Mark = tuple[int, int, int]
"""Where a hit starts and ends in its text, and which of the things asked for it is."""


def snippet(pages: Sequence[str], facts: str, asked: Mapping[int, int], *, gap: int) -> tuple[int, str]:
    """The page, counted from 1, and the piece of it with the most hits, each between `<mark>` and `</mark>`; page 0 is the facts.

    `asked` says by the place of a word which of the things asked for it is; the facts come first, and `gap` places before the pages.
    """
    best: tuple[int, int, list[Mark], str] = (0, 0, [], facts)
    last = min(max(asked, default=-1) - gap, 1_000_000)
    of_facts = places(facts)
    first = len(of_facts)
    for number, text in enumerate(pages, start=1):
        if first > last:
            break
        at = places(text)
        found = _densest(_marks(at, asked, first + gap))
        first += len(at)
        if found[0] > best[0]:
            best = (found[0], number, found[1], text)
    found = _densest(_marks(of_facts, asked, 0))
    if found[0] > best[0]:
        best = (found[0], 0, found[1], facts)
    _, number, window, text = best
    return number, _cut(text, window)


def _marks(at: Sequence[tuple[int, int]], asked: Mapping[int, int], first: int) -> list[Mark]:
    return [(start, end, asked[place]) for place, (start, end) in enumerate(at, start=first) if place in asked][:_MOST_HITS]


def _densest(marks: list[Mark]) -> tuple[int, list[Mark]]:
    """The hits that lie together and show the most different things asked for, and how many those are."""
    best: tuple[int, list[Mark]] = (0, [])
    for position, (start, *_) in enumerate(marks):
        window = [mark for mark in marks[position : position + 20] if mark[1] - start <= _WIDTH] or marks[position : position + 1]
        shown = len({which for _, _, which in window})
        if shown > best[0]:
            best = (shown, window)
    return best


def _cut(text: str, window: list[Mark]) -> str:
    """The text around the hits, cut at spaces, on one line."""
    if not window:
        return escape(" ".join(text[:_WIDTH].split()), quote=False)
    spare = max(_WIDTH - (window[-1][1] - window[0][0]), 60) // 2
    start, end = max(window[0][0] - spare, 0), min(window[-1][1] + spare, len(text))
    if start:
        start = text.find(" ", start, window[0][0]) + 1 or window[0][0]
    if end < len(text):
        end = text.rfind(" ", window[-1][1], end) if " " in text[window[-1][1] : end] else window[-1][1]
    parts, position = [], start
    for first, last, _ in window:
        if first < position:  # the year of a date that is marked as a whole
            continue
        parts += [escape(text[position:first], quote=False), f"<mark>{escape(text[first:last], quote=False)}</mark>"]
        position = last
    parts.append(escape(text[position : max(end, position)], quote=False))
    return f"{'… ' if start else ''}{' '.join(''.join(parts).split())}{' …' if end < len(text) else ''}"
