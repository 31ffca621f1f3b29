"""Workbooks with their pictures: openpyxl would drop them all where Pillow is not installed, and needs it for nothing but their size."""

from __future__ import annotations

import io
import mimetypes
import posixpath
import zipfile
from typing import Any

import openpyxl
from openpyxl.drawing.image import Image
from openpyxl.drawing.spreadsheet_drawing import SpreadsheetDrawing
from openpyxl.packaging.relationship import get_dependents, get_rels_path
from openpyxl.workbook import Workbook
from openpyxl.xml.constants import IMAGE_NS
from openpyxl.xml.functions import fromstring


class _Picture(Image):
    """A picture as it lies in the template: its bytes, and the anchor that holds place and size."""

    def __init__(self, data: bytes, extension: str, anchor: Any) -> None:
        self._bytes, self.format, self.anchor = data, extension, anchor

    def _data(self) -> bytes:
        return self._bytes


def workbook(template: bytes) -> Workbook:
    """The workbook with rich text and pictures kept."""
    book = openpyxl.load_workbook(io.BytesIO(template), rich_text=True)
    kind: Any = SpreadsheetDrawing
    with zipfile.ZipFile(io.BytesIO(template)) as archive:
        sheets: list[Any] = book.worksheets
        for sheet in sheets:
            drawings = sheet._rels.find(kind._rel_type)
            sheet._images = [picture for drawing in drawings for picture in _pictures(archive, drawing.target)]
    return book


def _pictures(archive: zipfile.ZipFile, path: str) -> list[_Picture]:
    relations: str = get_rels_path(path)  # type: ignore[no-untyped-call]
    if relations not in archive.namelist():
        return []
    try:
        content: Any = fromstring(archive.read(path))
        drawing: Any = SpreadsheetDrawing.from_tree(content)
    except TypeError:  # a drawing that openpyxl does not know; it has said so itself
        return []
    parts = get_dependents(archive, relations)
    found = []
    for blip in drawing._blip_rels:
        part = parts.get(blip.embed)
        extension = posixpath.splitext(part.target)[1]
        # A picture kept outside the file, or of a kind that openpyxl cannot name in the list of contents, stays out.
        if part.Type == IMAGE_NS and part.target in archive.namelist() and extension in mimetypes.types_map:
            found.append(_Picture(archive.read(part.target), extension[1:], blip.anchor))
    return found
