"""Rows and list paragraphs that repeat by themselves: one whose placeholders use an element of a list stands once for each element."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from jinja2 import Environment, nodes
from jinja2.exceptions import TemplateSyntaxError
from lxml import etree

from engine.fill.habits import TAG, mended
from engine.fill.places import is_listed

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
# docxtpl's own marks behind the brace: the row, cell, paragraph or run that a tag stands for.
_DOCX_TAG = re.compile(r"(\{%-?|\{\{)(?:tr|tc|p|r)\s")
_FOR = re.compile(r"\{%-?\s*for\s+(.+?)\s+in\s")
_GRAMMAR = Environment(autoescape=True)  # names are read here, nothing is run
_ENDFOR = re.compile(r"\{%-?\s*endfor\b")
# What an element of a list is called in a row, beside the list's name without its plural ending.
_ELEMENTS = {"items": ("позиція", "позиция", "товар"), "taxes": ("податок", "налог")}


def repeated_by(texts: Sequence[str], fields: Mapping[str, Any], *, bound: Collection[str] = ()) -> tuple[str, str] | None:
    """The row variable that the texts use and the list it goes through, `("item", "order.items")`; None where the row does not repeat.

    A variable in `bound` belongs to a loop that the author wrote.
    """
    for variable in (name for text in texts for name in _free_names(text)):
        if variable in fields or variable in bound:
            continue
        for path, elements in _lists(fields):
            if _is_element(variable, path, elements):
                return variable, path
    return None


@lru_cache(maxsize=10_000)
def _free_names(text: str) -> tuple[str, ...]:
    """The names that a text uses and does not bind itself; kept, because each fill of a template asks for the same texts."""
    try:
        tree = _GRAMMAR.parse(mended(text))
    except TemplateSyntaxError:
        return ()
    bound = {name.name for name in tree.find_all(nodes.Name) if name.ctx == "store"}
    return tuple(name.name for name in tree.find_all(nodes.Name) if name.ctx == "load" and name.name not in bound)


def _lists(fields: Mapping[str, Any]) -> Iterator[tuple[str, list[Any]]]:
    """The lists of the fields: at the root, and one step down."""
    for name, value in fields.items():
        if isinstance(value, list):
            yield name, value
        elif isinstance(value, Mapping):
            yield from ((f"{name}.{inner}", part) for inner, part in value.items() if isinstance(part, list))


def _is_element(variable: str, path: str, elements: list[Any]) -> bool:
    plural = path.rpartition(".")[2].casefold()
    own = getattr(elements[0], "path", "") if elements else ""
    one = variable.casefold()
    endings = (f"{one}s", f"{one}es", f"{one[:-1]}ies" if one.endswith("y") else "")
    return one == own or plural in endings or one in _ELEMENTS.get(plural, ())


class Loops:
    """The loops that an author wrote, followed through a part's paragraphs in reading order."""

    def __init__(self) -> None:
        self._names: list[set[str]] = []

    def read(self, text: str) -> None:
        """Go on past a paragraph."""
        for tag in TAG.findall(as_jinja(text)):
            opened = _FOR.match(tag)
            if opened:
                self._names.append({name.strip(" ()") for name in opened.group(1).split(",")})
            elif _ENDFOR.match(tag) and self._names:
                self._names.pop()

    def bound(self) -> frozenset[str]:
        """The loop variables at this place."""
        return frozenset().union(*self._names)


def as_jinja(text: str) -> str:
    """A paragraph's text as Jinja reads it: without Word's habits and docxtpl's marks."""
    return _DOCX_TAG.sub(r"\1 ", mended(text))


def repeat(xml: str, fields: Mapping[str, Any]) -> str:
    """A part's XML with a loop around each table row and list paragraph that repeats by itself; the same text where none does.

    In tables within tables the innermost row that uses an element is the one that repeats.
    """
    if "{" not in xml or not any(mark in xml for mark in ("<w:tr", "<w:numPr", '<w:pStyle w:val="List')):
        return xml
    root = etree.fromstring(xml.encode("utf-8"), etree.XMLParser(resolve_entities=False, no_network=True))
    is_changed = False
    written = _rows(root)
    for row in reversed([*written]):
        texts, bound = written[row]
        repeated = repeated_by(texts, fields, bound=bound)
        if repeated is None:
            continue
        _enclose(row, f"{{% for {repeated[0]} in {repeated[1]} %}}", "{% endfor %}")
        is_changed = True
        for outer in row.iterancestors(f"{_W}tr"):
            written[outer] = ([text for text in written[outer][0] if text not in texts], written[outer][1])
    return etree.tostring(root, encoding="unicode") if is_changed else xml


def _rows(root: etree._Element) -> dict[etree._Element, tuple[list[str], frozenset[str]]]:
    """Each row, and each list paragraph outside of tables, in reading order: the texts in it, and the loop variables at its start."""
    loops, found = Loops(), {}
    for element in root.iter(f"{_W}tr", f"{_W}p"):
        is_row = element.tag == f"{_W}tr"
        if is_row or (is_listed(element) and next(element.iterancestors(f"{_W}tr"), None) is None):
            texts = [text for text in map(_text, element.iter(f"{_W}p")) if "{" in text]
            found[element] = ([as_jinja(text) for text in texts], loops.bound())
        if not is_row:
            loops.read(_text(element))
    return found


def _text(paragraph: etree._Element) -> str:
    return "".join(part.text or "" for part in paragraph.iter(f"{_W}t"))


def _enclose(row: etree._Element, opening: str, closing: str) -> None:
    """Put text before and after the row; it stands between rows, where only Jinja sees it."""
    before = row.getprevious()
    if before is not None:
        before.tail = (before.tail or "") + opening
    else:
        parent = row.getparent()
        if parent is not None:
            parent.text = (parent.text or "") + opening
    row.tail = closing + (row.tail or "")
