"""A stranger's XML as a stream: no DTD, no entities, no network, bounded depth and memory. The only door to lxml for orders."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from lxml import etree

from engine.errors import BadOrderFile

Element = etree._Element

ELEMENT_LIMIT = 200_000  # of one document: 10,000 lines of 20 elements; kept in memory until the document ends
DEPTH_LIMIT = 100
PROLOGUE_LIMIT = 64 * 1024

_ENCODINGS = {"utf-8", "utf8", "windows-1251", "cp1251"}
_ENCODING = re.compile(rb"""<\?xml[^>]*?encoding\s*=\s*["']([^"']*)""")
_PROLOGUE = re.compile(rb"\s*(?:<\?.*?\?>\s*|<!--.*?-->\s*)*", re.DOTALL)


def documents(path: Path, *, root: str, within: str, named: str) -> Iterator[Element]:
    """Each element `named` that stands in the root element or in a `within` of it, whole; it is emptied when the next is asked for.

    Raises BadOrderFile with the line where the file is unsafe, broken, or has another root.
    """
    with path.open("rb") as file:
        _refuse_unsafe(file, path)
        try:
            yield from _stream(file, path, root=root, within=within, named=named)
        except etree.XMLSyntaxError as error:
            reason = "encoding" if "encod" in str(error.msg).lower() else "bad-xml"
            raise BadOrderFile(file=path.name, where=str(error.lineno or 1), reason=reason, detail=error.msg) from error


def name(element: Element) -> str:
    """The element's name without its namespace."""
    return str(element.tag).rpartition("}")[2]


def children(element: Element, *steps: str) -> list[Element]:
    """The elements reached by these names, step by step; nothing is asked of namespaces."""
    found = [element]
    for step in steps:
        found = [child for parent in found for child in parent if name(child) == step]
    return found


def text(element: Element, *steps: str) -> str:
    """The text of the first element reached by these names, without spaces around it; empty where there is none."""
    return next(((found.text or "").strip() for found in children(element, *steps)), "")


def _refuse_unsafe(file: BinaryIO, path: Path) -> None:
    """A DTD can stand before the root element only, and our two encodings write it in ASCII: so this sees it before the parser does."""
    start = file.read(PROLOGUE_LIMIT).removeprefix(b"\xef\xbb\xbf")
    file.seek(0)
    declared = _ENCODING.match(start.lstrip())
    if declared and declared[1].decode("ascii", "replace").lower() not in _ENCODINGS:
        raise BadOrderFile(file=path.name, where="1", reason="encoding")
    prologue = _PROLOGUE.match(start)
    end = prologue.end() if prologue else 0
    if start[end : end + 2] == b"<!":
        raise BadOrderFile(file=path.name, where=str(start[:end].count(b"\n") + 1), reason="dtd")


def _stream(file: BinaryIO, path: Path, *, root: str, within: str, named: str) -> Iterator[Element]:
    events = etree.iterparse(
        file,
        events=("start", "end"),
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    document: Element | None = None
    depth = count = 0
    for event, element in events:
        if event == "start":
            depth, count = depth + 1, count + 1
            if depth == 1:
                _refuse_root(element, path, root)
            if depth > DEPTH_LIMIT:
                raise BadOrderFile(file=path.name, where=str(element.sourceline), reason="too-deep")
            if count > ELEMENT_LIMIT:
                raise BadOrderFile(file=path.name, where=str(element.sourceline), reason="too-many-elements", limit=ELEMENT_LIMIT)
            if document is None and name(element) == named and _stands_in(element, root, within):
                document = element
        else:
            depth -= 1
            if document is not None and element is document:
                yield document
                document = None
            if document is None:
                _forget(element)
                count = 0


def _refuse_root(element: Element, path: Path, root: str) -> None:
    if name(element) != root:
        raise BadOrderFile(file=path.name, where=str(element.sourceline), reason="not-commerceml", root=name(element)[:60])


def _stands_in(element: Element, root: str, within: str) -> bool:
    parent = element.getparent()
    if parent is None:
        return False
    above = parent.getparent()
    return above is None if name(parent) == root else name(parent) == within and above is not None and above.getparent() is None


def _forget(element: Element) -> None:
    """Free what was read: the element's inside, and the siblings before it, which hold the text after them."""
    element.clear()
    parent = element.getparent()
    while parent is not None and element.getprevious() is not None:
        del parent[0]
