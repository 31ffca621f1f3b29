"""Small office files with given texts, as their authors would make them in Word and Excel."""

import io
import zipfile
from collections.abc import Callable, Sequence

import docx
import openpyxl
from docx.oxml import parse_xml


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


def with_notes(template: bytes, kind: str, text: str) -> bytes:
    """The Word file with a footnote or an endnote of this text."""
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    content = f"application/vnd.openxmlformats-officedocument.wordprocessingml.{kind}s+xml"
    words = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
    note = f'<w:{kind} w:id="2"><w:p><w:r><w:t>{text}</w:t></w:r></w:p></w:{kind}>'

    def added(parts: dict[str, bytes]) -> None:
        parts[f"word/{kind}s.xml"] = f'<?xml version="1.0" encoding="UTF-8"?><w:{kind}s {words}>{note}</w:{kind}s>'.encode()
        for name, closing, part in (
            ("[Content_Types].xml", b"</Types>", f'<Override PartName="/word/{kind}s.xml" ContentType="{content}"/>'),
            (
                "word/_rels/document.xml.rels",
                b"</Relationships>",
                f'<Relationship Id="rId77" Type="{office}/{kind}s" Target="{kind}s.xml"/>',
            ),
        ):
            parts[name] = parts[name].replace(closing, part.encode() + closing)

    return rezipped(template, added)


def text_box(text: str):
    """A paragraph with a text box, as Word's older versions write it."""
    return parse_xml(
        '<w:p xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" xmlns:v="urn:schemas-microsoft-com:vml"><w:r><w:pict>'
        '<v:shape id="box" style="width:100pt;height:20pt"><v:textbox><w:txbxContent><w:p><w:r><w:t>'
        f"{text}</w:t></w:r></w:p></w:txbxContent></v:textbox></v:shape></w:pict></w:r></w:p>"
    )


def rezipped(data: bytes, change: Callable[[dict[str, bytes]], None]) -> bytes:
    """The file with its parts changed."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(out, "w") as target:
        parts = {name: source.read(name) for name in source.namelist()}
        change(parts)
        for name, content in parts.items():
            target.writestr(name, content)
    return out.getvalue()


def part_of(data: bytes, name: str) -> str:
    """The text of one part of an office file."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return archive.read(name).decode("utf-8")


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
