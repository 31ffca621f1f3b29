"""All slips of a template at once, each at its place, found without filling it.

The text of each part becomes one Jinja source with a line for each paragraph or cell, so that Jinja's line numbers are places. Names are
looked up in a sample of the fields; a loop's variable stands for the first element of its list.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

from jinja2 import nodes
from jinja2.exceptions import TemplateSyntaxError

from engine.errors import BadSyntax, LooksLikeField, Place, TemplateProblem
from engine.fill.habits import TAG, mended
from engine.fill.names import Names
from engine.fill.places import Spot
from engine.fill.repeats import Loops, as_jinja, repeated_by
from engine.fill.sandbox import FieldEnvironment

_DOCX_ONLY = re.compile(r"\{%\s*(?:vm|hm)\s*%\}|\{%\s*(?:colspan|cellbg)\s+([^%]*)%\}")
_BLOCK = re.compile(r"\{%-?\s*(\w+)")
_SPACED = re.compile(r"\{%\s+(tr|tc|p|r)\s+(?:for|if|endfor|endif|else|elif|set)\b")
_SINGLE = re.compile(r"(?<![{\w])(\{\s?[^\W\d]\w*(?:\.\w+)+\s?\})(?!\})|(\[\[\s*[^\W\d][\w.]*\s*\]\])|(\{\s+\{[^{}]*\}\s+\})")
_OPENERS = {"for", "if", "macro", "call", "filter", "block", "raw", "autoescape", "with"}
_PARAGRAPH_TAG = re.compile(r"\{%-?p\s[^%]*%\}")
_ROW_TAG = re.compile(r"\{[%{]-?tr\s[^%}]*[%}]\}")
_COMMENT = re.compile(r"\{#.*?#\}")
_GLUED = re.compile(r"\{%-?\s*for\s+\w+\s+in\s+\S*(?:items|позиції|позиции)\s*-?%\}(.*?)\{%-?\s*endfor\s*-?%\}")
_APOSTROPHE = re.compile(r"[^\W\d_]['’ʼ][^\W\d_]")


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the source: its text as Jinja reads it, and the spot it comes from. Lines not written open or close a row that repeats."""

    text: str
    spot: Spot
    is_written: bool = True


def problems(parts: Iterable[Sequence[Line]], environment: FieldEnvironment, sample: Mapping[str, object]) -> tuple[TemplateProblem, ...]:
    """The slips of a template whose parts have these lines, in reading order."""
    found: list[TemplateProblem] = []
    for lines in parts:
        own = [*_spelling([line for line in lines if line.is_written])]
        own += _Reading(environment, sample, lines).problems()
        order = {id(line.spot): position for position, line in enumerate(lines)}
        places = {line.spot.place: position for position, line in reversed([*enumerate(lines)])}
        found += sorted(own, key=lambda problem: places.get(problem.place, len(order)))
    return tuple(dict.fromkeys(found))


def docx_lines(spots: Iterable[Spot], fields: Mapping[str, Any]) -> Iterator[Sequence[Line]]:
    """The lines of a Word template, part by part; those of a row that repeats by itself stand in a loop."""
    by_source: dict[str, list[Line]] = {}
    for spot in spots:
        by_source.setdefault(spot.source, []).append(Line(_DOCX_ONLY.sub(_cell_tag, as_jinja(_flat(spot.text))), spot))
    for lines in by_source.values():
        loops, looped = Loops(), []
        for place, group in groupby(lines, _row_or_paragraph):
            row = list(group)
            is_repeatable = place[0] or row[0].spot.is_listed
            repeated = repeated_by([line.text for line in row], fields, bound=loops.bound()) if is_repeatable else None
            if repeated:
                looped += enclosed(row, repeated, row[0].spot)
            else:
                looped += row
            for line in row:
                loops.read(line.text)
        yield looped


def _row_or_paragraph(line: Line) -> tuple[int, int]:
    place = line.spot.place
    return (place.table, place.row) if place.table else (0, place.paragraph)


def enclosed(lines: Sequence[Line], repeated: tuple[str, str], spot: Spot) -> list[Line]:
    """The lines of a row that repeats, in the loop that nobody wrote."""
    opening = Line(f"{{% for {repeated[0]} in {repeated[1]} %}}", spot, is_written=False)
    return [opening, *lines, Line("{% endfor %}", spot, is_written=False)]


def _flat(text: str) -> str:
    return _COMMENT.sub("", mended(" ".join(text.splitlines())))


def _cell_tag(match: re.Match[str]) -> str:
    return f"{{{{ {match.group(1)} }}}}" if match.group(1) else ""


def _spelling(lines: Sequence[Line]) -> Iterator[TemplateProblem]:
    """What is wrong in the text itself, before any of it is read as a tag."""
    for line in lines:
        place, text = line.spot.place, line.spot.text
        for match in _SINGLE.finditer(TAG.sub("", text)):
            yield LooksLikeField(place, excerpt=text, name=next(part for part in match.groups() if part))
        alone = _PARAGRAPH_TAG.search(text)
        if alone and _PARAGRAPH_TAG.sub("", text, count=1).strip():
            yield BadSyntax(place, code="P01", excerpt=text, tag=alone.group())
        for match in _GLUED.finditer(line.text) if place.table else ():
            if "{{" in match.group(1) and "loop." not in match.group(1) and not TAG.sub("", match.group(1)).strip():
                yield BadSyntax(place, code="T02", excerpt=text, reason="loop-in-row")
    yield from _row_tags(lines)


def _row_tags(lines: Sequence[Line]) -> Iterator[TemplateProblem]:
    """A `{%tr … %}` takes its whole row away: a second one, or text beside it, goes with the row."""
    rows: dict[Place, list[Spot]] = {}
    for line in lines:
        if line.spot.place.table:
            rows.setdefault(replace(line.spot.place, col=0, part=""), []).append(line.spot)
    for row in rows.values():
        tags = [(spot, tag) for spot in row for tag in _ROW_TAG.findall(spot.text)]
        if not tags:
            continue
        spot, tag = tags[0]
        if len(tags) > 1 and "for" in tag and "endfor" in tags[1][1]:
            yield BadSyntax(spot.place, code="T02", excerpt=spot.text, reason="loop-in-row")
        elif len(tags) > 1 or any(_ROW_TAG.sub("", other.text).strip() for other in row):
            yield BadSyntax(spot.place, code="P02", excerpt=spot.text, tag=tag)


class _Reading:
    """One part, read by Jinja line by line; a line that cannot be read is told, emptied, and the rest is read."""

    def __init__(self, environment: FieldEnvironment, sample: Mapping[str, object], lines: Sequence[Line]) -> None:
        self._environment, self._sample, self._lines = environment, sample, lines
        self._texts = [line.text for line in lines]
        self._found: list[TemplateProblem] = []

    def problems(self) -> list[TemplateProblem]:
        self._check_braces()
        self._check_spaces()
        self._check_blocks()
        tree = self._tree()
        if tree is not None:
            spots = [line.spot for line in self._lines]
            self._found += Names(self._environment, self._sample, spots).problems(tree)
        return self._found

    def _tell(self, number: int, *, code: str = "S01", **facts: str) -> None:
        spot = self._lines[number].spot
        self._found.append(BadSyntax(spot.place, code=code, excerpt=spot.text, **facts))

    def _check_braces(self) -> None:
        for number, text in enumerate(self._texts):
            rest = TAG.sub("", text)
            for mark, reason in (("{{", "not-closed"), ("{%", "not-closed"), ("}}", "not-opened"), ("%}", "not-opened")):
                if mark in rest:
                    self._tell(number, reason=reason, hint=_closed(rest) if reason == "not-closed" else "")
                    self._texts[number] = "".join(TAG.findall(text))
                    break

    def _check_spaces(self) -> None:
        """`{% tr for … %}`: told once, and read as the author meant it."""
        for number, text in enumerate(self._texts):
            spaced = _SPACED.search(text)
            if spaced:
                self._tell(number, reason="space-in-tag", tag=spaced.group(1))
                self._texts[number] = _SPACED.sub(lambda match: match.group().replace(f"{match.group(1)} ", "", 1), text)

    def _check_blocks(self) -> None:
        """Blocks that do not close, and closings that close nothing: Jinja itself would name the last line for all of them."""
        opened: list[tuple[str, int]] = []
        for number, text in enumerate(self._texts):
            for tag in TAG.findall(text):
                name = _BLOCK.match(tag)
                word = name.group(1) if name else ""
                if word in _OPENERS:
                    opened.append((word, number))
                elif word.startswith("end") and word[3:] in _OPENERS:
                    if opened and opened[-1][0] == word[3:]:
                        self._check_cells(*opened.pop(), number)
                    else:
                        self._tell(number, reason="block-stray", tag=word)
                        self._texts[number] = self._texts[number].replace(tag, "", 1)
        for word, number in reversed(opened):
            self._tell(number, code="T01", reason="block-open", tag=word, closing=_closing(self._lines[number].spot.text, word))
            self._texts.append(f"{{% end{word} %}}")

    def _check_cells(self, word: str, start: int, end: int) -> None:
        """A loop from one cell to another of the same row: its lines come out side by side."""
        first, last = self._lines[start].spot, self._lines[min(end, len(self._lines) - 1)].spot
        is_row = first.place.table and replace(first.place, col=0) == replace(last.place, col=0) and first.place.col != last.place.col
        if word == "for" and is_row and not re.search(r"\{%-?t[cr]\s", first.text):
            self._tell(start, code="T02", reason="loop-in-row")

    def _tree(self) -> nodes.Template | None:
        for _ in range(len(self._lines) + 1):
            try:
                return self._environment.parse("\n".join(self._texts))
            except TemplateSyntaxError as error:
                number = min(error.lineno, len(self._lines)) - 1
                blocks = _blocks(self._texts[number], self._environment)
                if self._texts[number] == blocks:
                    return None
                self._tell(number, **reason_of(error.message or "", self._texts[number]))
                self._texts[number] = blocks
        return None


def _blocks(text: str, environment: FieldEnvironment) -> str:
    """The blocks that a line opens and closes, without what it says: the lines around it can still be read."""
    made = []
    for tag in TAG.findall(text):
        found = _BLOCK.match(tag)
        word = found.group(1) if found else ""
        if word in ("else", "endfor", "endif") or (word in _SHELLS and _is_readable(_SHELLS[word][0] % tag, environment)):
            made.append(tag)
        elif word in _SHELLS:
            made.append(_SHELLS[word][1])
    return "".join(made)


# What makes an opening tag whole, to see whether it can be read; and what stands for it where it cannot.
_SHELLS = {
    "for": ("%s{%% endfor %%}", "{% for _ in () %}"),
    "if": ("%s{%% endif %%}", "{% if 1 %}"),
    "elif": ("{%% if 1 %%}%s{%% endif %%}", "{% elif 1 %}"),
}


def _is_readable(text: str, environment: FieldEnvironment) -> bool:
    try:
        environment.parse(text)
    except TemplateSyntaxError:
        return False
    return True


def _closed(text: str) -> str:
    found = re.search(r"\{\{\s*([\w.|]+)", text)
    return f"{{{{ {found.group(1)} }}}}" if found else ""


def _closing(text: str, word: str) -> str:
    """The closing tag in the manner of the opening one: `{%tr endfor %}` for `{%tr for … %}`."""
    found = re.search(r"\{%-?(tr|tc|p|r)\s+" + word, text)
    return f"{{%{found.group(1) if found else ''} end{word} %}}"


def reason_of(message: str, text: str) -> dict[str, str]:
    """What Jinja complains of, in the words of a person who writes documents."""
    if any(_APOSTROPHE.search(tag) for tag in TAG.findall(text)):
        return {"reason": "apostrophe"}
    for pattern, reason in (
        (r"unknown tag '(.+?)'", "unknown-tag"),
        (r"unexpected char '(.+?)'", "unexpected"),
        (r"expected token 'end of .*', got '(.+?)'", "unexpected"),
    ):
        found = re.search(pattern, message)
        if found:
            return {"reason": reason, "tag": found.group(1)}
    return {"reason": "unreadable", "detail": message.rstrip(".")}
