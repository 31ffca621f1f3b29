"""Where the text of an office file stands: every paragraph and cell with its place, so that a slip can be shown to its author."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, replace

from lxml import etree

from engine.errors import Place

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_BOX = f"{_W}txbxContent"
_PARTS = {
    "word/document": "body",
    "word/header": "header",
    "word/footer": "footer",
    "word/footnotes": "footnote",
    "word/endnotes": "endnote",
    "docProps/core": "properties",
}
_PARSER = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)


@dataclass(frozen=True, slots=True)
class Spot:
    """A paragraph, a cell or a property with its text; runs are joined, so a tag that Word split is whole.

    `source` tells what is filled in one go: a tag that opens in it closes in it. `is_listed` says of a paragraph that it is one of a list.
    """

    place: Place
    text: str
    source: str = ""
    is_listed: bool = False


def docx_spots(data: bytes, name: str) -> tuple[Spot, ...]:
    """Every text of a Word file, part by part, in reading order; a text box follows the paragraph it hangs on."""
    found: list[Spot] = []
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        entries = {entry: part for entry in archive.namelist() if (part := _part(entry))}
        for entry in sorted(entries, key=lambda entry: (list(_PARTS.values()).index(entries[entry]), entry)):
            root = etree.fromstring(archive.read(entry), _PARSER)
            place = Place(file=name, part=entries[entry])
            found += _properties(root, place) if place.part == "properties" else _Walk(place, entry).spots(root)
    return tuple(found)


def _part(entry: str) -> str | None:
    return _PARTS.get(entry.removesuffix(".xml").rstrip("0123456789")) if entry.endswith(".xml") else None


def _properties(root: etree._Element, place: Place) -> Iterator[Spot]:
    for element in root:
        if element.text:
            yield Spot(place, element.text, str(element.tag))


class _Walk:
    """One part, paragraph by paragraph; tables are counted in reading order, paragraphs outside tables too."""

    def __init__(self, place: Place, source: str) -> None:
        self._place, self._source = place, source
        self._paragraphs = self._tables = 0

    def spots(self, parent: etree._Element, place: Place | None = None) -> Iterator[Spot]:
        place = place or self._place
        for element in parent:
            if element.tag == f"{_W}tbl":
                yield from self._table(element, place)
            elif element.tag == f"{_W}p":
                yield from self._paragraph(element, place)
            elif isinstance(element.tag, str) and element.tag != _FALLBACK:
                yield from self.spots(element, place)

    def _table(self, table: etree._Element, place: Place) -> Iterator[Spot]:
        self._tables += 1
        number = self._tables
        for row, line in enumerate(_within(table, f"{_W}tr"), start=1):
            for col, cell in enumerate(_within(line, f"{_W}tc"), start=1):
                yield from self.spots(cell, replace(place, table=number, row=row, col=col, paragraph=0))

    def _paragraph(self, paragraph: etree._Element, place: Place) -> Iterator[Spot]:
        if not place.table:
            self._paragraphs += 1
            place = replace(place, paragraph=self._paragraphs)
        boxes: list[etree._Element] = []
        text = "".join(_texts(paragraph, boxes))
        if text:
            yield Spot(place, text, self._source, is_listed(paragraph))
        for box in boxes:
            yield from self.spots(box, replace(place, part="textbox"))


def is_listed(paragraph: etree._Element) -> bool:
    """Whether a paragraph is one of a numbered or bulleted list, by itself or by its style."""
    properties = paragraph.find(f"{_W}pPr")
    if properties is None:
        return False
    style = properties.find(f"{_W}pStyle")
    return properties.find(f"{_W}numPr") is not None or (style is not None and style.get(f"{_W}val", "").startswith("List"))


def _within(parent: etree._Element, tag: str) -> Iterator[etree._Element]:
    """The rows of a table or the cells of a row, those inside content controls and tracked changes too."""
    for child in parent:
        if child.tag == tag:
            yield child
        elif isinstance(child.tag, str) and child.tag not in (f"{_W}tr", f"{_W}tc"):
            yield from _within(child, tag)


def _texts(element: etree._Element, boxes: list[etree._Element]) -> Iterator[str]:
    """The text of one paragraph; text boxes anchored in it are set aside, and what was deleted is not its text."""
    for child in element:
        if child.tag == f"{_W}t":
            yield child.text or ""
        elif child.tag in (f"{_W}tab", f"{_W}br", f"{_W}cr"):
            yield " "
        elif child.tag == _BOX:
            boxes.append(child)
        elif isinstance(child.tag, str) and child.tag not in (_FALLBACK, f"{_W}del", f"{_W}pPr"):
            yield from _texts(child, boxes)
