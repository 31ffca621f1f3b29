"""Small office files with given texts, as their authors would make them in Word and Excel."""

import io
from collections.abc import Sequence

import docx
import openpyxl


def word(*paragraphs: str, table: Sequence[Sequence[str]] = (), header: str = "", title: str = "") -> bytes:
    """A Word file with these paragraphs, then a table with these rows."""
    document = docx.Document()
    for text in paragraphs:
        document.add_paragraph(text)
    if table:
        grid = document.add_table(rows=0, cols=len(table[0]))
        for row in table:
            for cell, text in zip(grid.add_row().cells, row, strict=True):
                cell.text = text
    if header:
        document.sections[0].header.paragraphs[0].text = header
    if title:
        document.core_properties.title = title
    return saved(document)


def excel(cells: dict[str, object], *, sheet: str = "Акт") -> bytes:
    """An Excel file with these cells."""
    book = openpyxl.Workbook()
    book.active.title = sheet
    for place, value in cells.items():
        book.active[place] = value
    return saved(book)


def saved(document) -> bytes:
    """The bytes of a python-docx or openpyxl document."""
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def text_of(data: bytes) -> str:
    """All text of a Word file's body and headers: paragraphs and cells, a line each."""
    document = docx.Document(io.BytesIO(data))
    lines = [paragraph.text for paragraph in document.paragraphs]
    lines += [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    lines += [paragraph.text for section in document.sections for paragraph in section.header.paragraphs]
    return "\n".join(lines)


def sheet_of(data: bytes):
    """The first sheet of an Excel file."""
    return openpyxl.load_workbook(io.BytesIO(data)).worksheets[0]
