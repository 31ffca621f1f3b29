"""The piece of a document that shows why it was found."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from html import escape

from index.analysis import Word, words

_WIDTH = 200


def snippet(pages: Sequence[str], facts: str, marks: Collection[str]) -> tuple[int, str]:
    """The page, counted from 1, and the piece of it with the most hits, each between `<mark>` and `</mark>`; page 0 is the facts."""
    best: tuple[int, int, list[Word], str] = (0, 0, [], facts)
    for number, text in [*enumerate(pages, start=1), (0, facts)]:
        hits = [word for word in words(text) if _is_hit(word, text, marks)]
        score, window = _densest(hits, marks)
        if score > best[0]:
            best = (score, number, window, text)
    _, number, window, text = best
    return number, _cut(text, window)


def _is_hit(word: Word, text: str, marks: Collection[str]) -> bool:
    if any(form in marks for form in word.forms):
        return True
    starts = [mark[:-1] for mark in marks if mark.endswith("*")]
    return any(text[word.start : word.end].casefold().startswith(start) for start in starts)


def _densest(hits: list[Word], marks: Collection[str]) -> tuple[int, list[Word]]:
    """The hits that lie together and show the most different terms, and how many those are."""
    best: tuple[int, list[Word]] = (0, [])
    for position, first in enumerate(hits):
        window = [word for word in hits[position:] if word.end - first.start <= _WIDTH]
        shown = len({form for word in window for form in word.forms if form in marks}) or bool(window)
        if shown > best[0]:
            best = (int(shown), window)
    return best


def _cut(text: str, window: list[Word]) -> str:
    """The text around the hits, cut at spaces, on one line."""
    if not window:
        return escape(" ".join(text[:_WIDTH].split()), quote=False)
    spare = max(_WIDTH - (window[-1].end - window[0].start), 60) // 2
    start, end = max(window[0].start - spare, 0), min(window[-1].end + spare, len(text))
    if start:
        start = text.find(" ", start, window[0].start) + 1 or window[0].start
    if end < len(text):
        end = text.rfind(" ", window[-1].end, end) if " " in text[window[-1].end : end] else window[-1].end
    parts, position = [], start
    for word in window:
        if word.start < position:  # the year of a date that is marked as a whole
            continue
        parts += [escape(text[position : word.start], quote=False), f"<mark>{escape(text[word.start : word.end], quote=False)}</mark>"]
        position = word.end
    parts.append(escape(text[position:end], quote=False))
    return f"{'… ' if start else ''}{' '.join(''.join(parts).split())}{' …' if end < len(text) else ''}"
