import io
import re
import struct
import zlib
from datetime import date, datetime
from decimal import Decimal

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.formatting.rule import FormulaRule
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.datavalidation import DataValidation

from engine.context import merge_fields, sample, sample_document
from engine.errors import BadSyntax, BadValue, MissingValue, UnknownField
from engine.fill import Manner, fill
from tests.templates_for_tests import excel, part_of, rezipped, saved, sheet_of

UK = Manner("uk", "UAH")
FIELDS = merge_fields(sample("uk"), sample_document("uk"), "Оксана")


def filled(template: bytes, **changes):
    return sheet_of(fill(template, ".xlsx", FIELDS | changes, manner=UK, name="t.xlsx"))


def lines(count: int) -> dict:
    return {"items": [{"name": f"Рядок {number}", "qty": Decimal(number), "price": Decimal(10)} for number in range(1, count + 1)]}


def test_a_cell_that_is_one_placeholder_keeps_the_value_s_type_and_its_own_format():
    book = openpyxl.Workbook()
    book.active["A1"], book.active["A2"], book.active["A3"] = "{{ order.total }}", "{{ document.date }}", "№ {{ document.number }}"
    book.active["A1"].number_format = "#,##0.00"

    sheet = filled(saved(book))

    assert (sheet["A1"].value, sheet["A1"].number_format) == (1200.5, "#,##0.00")
    assert sheet["A2"].value == datetime(2026, 11, 24)
    assert sheet["A3"].value == "№ ЗРАЗОК-0000"


@pytest.mark.parametrize("count", [0, 1, 2, 200])
def test_a_row_repeats_and_what_is_below_moves_down(count):
    template = excel(
        {"A1": "Назва", "A2": "{{ item.name }}", "B2": "{{ item.qty }}", "C2": "=B2*10", "A3": "Разом", "C3": "=SUM(C2:C2)", "D3": "=A1"}
    )

    sheet = filled(template, order=lines(count))

    last = 1 + max(count, 1)
    assert [sheet.cell(row, 1).value for row in range(2, 2 + count)] == [f"Рядок {number}" for number in range(1, count + 1)]
    assert (sheet.cell(last + 1, 1).value, sheet.cell(last + 1, 3).value) == ("Разом", f"=SUM(C2:C{last})")
    assert sheet.cell(last + 1, 4).value == "=A1"
    if count:
        assert sheet.cell(last, 3).value == f"=B{last}*10"
    else:
        assert sheet["A2"].value is None


def test_two_lists_on_one_sheet_repeat_each_for_itself():
    sheet = filled(excel({"A1": "{{ item.name }}", "A2": "між", "A3": "{{ tax.rate }}", "A4": "кінець"}))

    assert [sheet.cell(row, 1).value for row in range(1, 7)] == ["Кава зернова «Карпатська» 1 кг", "Доставка", "між", 20, 7, "кінець"]


def test_merges_heights_and_formulas_of_other_sheets_move_along():
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Акт"
    sheet["A1"], sheet["C1"], sheet["A2"] = "{{ item.name }}", "{{ item.price }}", "Разом"
    sheet.merge_cells("A1:B1")
    sheet.merge_cells("A2:B3")
    sheet.row_dimensions[1].height, sheet.row_dimensions[2].height = 30, 50
    sheet.print_area = "A1:C3"
    other = book.create_sheet("Підсумок")
    other["A1"] = "=SUM(Акт!C1:C1)+Акт!A2"

    data = fill(saved(book), ".xlsx", {"order": lines(3)}, manner=UK)

    result = sheet_of(data)
    assert {str(merge) for merge in result.merged_cells.ranges} == {"A1:B1", "A2:B2", "A3:B3", "A4:B5"}
    assert [result.row_dimensions[row].height for row in (1, 2, 3, 4)] == [30, 30, 30, 50]
    assert result.print_area.replace("$", "") == "'Акт'!A1:C5"
    assert openpyxl.load_workbook(io.BytesIO(data))["Підсумок"]["A1"].value == "=SUM(Акт!C1:C3)+Акт!A4"


@pytest.mark.parametrize("value", ["=1+1", '=HYPERLINK("http://x")', "+1", "-1", "@SUM(1)", "=cmd|' /C calc'!A0"])
def test_a_text_value_never_becomes_a_formula(value):
    sheet = filled(excel({"A1": "{{ name }}", "A2": "{{ name }}!"}), name=value)

    assert [(cell.data_type, cell.value) for cell in (sheet["A1"], sheet["A2"])] == [("s", value), ("s", f"{value}!")]


def test_sheet_names_and_footers_are_filled():
    book = openpyxl.Workbook()
    book.active.title = "{{ author }}"
    book.active.oddFooter.left.text = "№ {{ document.number }}"

    sheet = filled(saved(book), author="Акт: 7/2026")

    assert sheet.title == "Акт  7 2026"
    assert sheet.oddFooter.left.text == "№ ЗРАЗОК-0000"


def test_a_slip_is_told_at_its_sheet_and_cell():
    with pytest.raises(UnknownField) as caught:
        filled(excel({"B7": "Сума {{ order.totl }}"}))

    assert caught.value.place.facts() == {"file": "t.xlsx", "sheet": "Акт", "cell": "B7"}
    assert caught.value.suggestion == "order.total"


def test_an_empty_field_in_a_row_is_told():
    with pytest.raises(MissingValue):
        filled(excel({"A1": "{{ item.name }}"}), order={"items": [{"name": None}]})


def test_a_day_stays_a_day():
    assert filled(excel({"A1": "{{ day }}"}), day=date(2026, 1, 2))["A1"].value == datetime(2026, 1, 2)


def test_money_and_days_in_cells_without_a_format_get_that_of_the_language():
    sheet = filled(excel({"A1": "{{ order.total }}", "A2": "{{ document.date }}", "A3": "{{ order.count }}", "A4": "{{- order.total -}}"}))

    assert [cell.number_format for (cell,) in sheet["A1:A4"]] == ["#,##0.00", "dd.mm.yyyy", "General", "#,##0.00"]


@pytest.mark.parametrize(("text", "value"), [("{{ code }}", 12345678901234567890), ("{{ code }}", "007"), ("{{ code|money }}", "1.5")])
def test_what_excel_would_change_stays_text(text, value):
    cell = filled(excel({"A1": text}), code=value)["A1"]

    assert cell.data_type == "s"
    assert re.sub(r"\W", "", cell.value) == {12345678901234567890: "12345678901234567890", "007": "007", "1.5": "150"}[value]


def test_yes_and_no_do_not_go_into_a_cell():
    with pytest.raises(BadValue) as caught:
        filled(excel({"B3": "{{ order.is_vat_included }}"}))

    assert (caught.value.facts["name"], caught.value.place.cell) == ("order.is_vat_included", "B3")


@pytest.mark.parametrize(
    ("formula", "in_last_copy_or_below"),
    [
        ("=SUM(C2)", "=SUM(C2:C4)"),
        ("=SUM($C$2:$C$2)*1.2", "=SUM($C$2:$C$4)*1.2"),
        ("=ROUND(SUM(B2,C2)/2,2)", "=ROUND(SUM(B2:B4,C2:C4)/2,2)"),
        ("=IF(C3>0,A1,D3)", "=IF(C5>0,A1,D5)"),
        ("=SUM(C1:C3)", "=SUM(C1:C5)"),
        ("=SUM(C:C)", "=SUM(C:C)"),
        ('="C2"&A1', '="C2"&A1'),
    ],
)
def test_a_formula_below_the_lines_counts_all_of_them(formula, in_last_copy_or_below):
    sheet = filled(excel({"A2": "{{ item.name }}", "E3": formula}), order=lines(3))

    assert sheet["E5"].value == in_last_copy_or_below


@pytest.mark.parametrize(
    ("formula", "in_last_copy"),
    [
        ("=B2*C2", "=B4*C4"),
        ("=SUM($C$2:C2)", "=SUM($C$2:C4)"),
        ("=C2/SUM($C$2:$C$2)", "=C4/SUM($C$2:$C$4)"),
        ("=B2*$A$1", "=B4*$A$1"),
        ("=SUM(B2:C2)", "=SUM(B4:C4)"),
    ],
)
def test_a_formula_in_a_line_stays_with_its_line(formula, in_last_copy):
    sheet = filled(excel({"A2": "{{ item.name }}", "E2": formula}), order=lines(3))

    assert sheet["E4"].value == in_last_copy


def test_names_titles_rules_and_breaks_move_along():
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Акт"
    sheet["A2"], sheet["A3"] = "{{ item.name }}", "Разом"
    sheet.print_title_rows = "1:2"
    sheet.conditional_formatting.add("C2:C3", FormulaRule(formula=["C2>$C$3"]))
    choice = DataValidation(type="list", formula1="$A$3:$A$3")
    choice.add("B3")
    sheet.add_data_validation(choice)
    sheet.auto_filter.ref = "A1:C2"
    book.defined_names["Разом"] = DefinedName("Разом", attr_text="Акт!$C$3")

    data = fill(saved(book), ".xlsx", {"order": lines(3)}, manner=UK)

    result, [rule] = sheet_of(data), list(sheet_of(data).conditional_formatting)
    assert (result.print_title_rows.replace("$", ""), result.auto_filter.ref) == ("1:4", "A1:C4")
    assert (str(rule.sqref), rule.rules[0].formula) == ("C2:C5", ["C2>$C$5"])
    [validation] = result.data_validations.dataValidation
    assert (str(validation.sqref), validation.formula1) == ("B5", "$A$5:$A$5")
    assert openpyxl.load_workbook(io.BytesIO(data)).defined_names["Разом"].attr_text == "Акт!$C$5"


def test_a_line_knows_its_number_and_answers_to_its_names_in_three_languages():
    sheet = filled(excel({"A1": "{{ loop.index }}/{{ loop.length }}", "B1": "{{ позиція.назва }}", "A2": "{{ позиция.цена }}"}))

    assert [(sheet.cell(row, 1).value, sheet.cell(row, 2).value) for row in (1, 2)] == [
        ("1/2", "Кава зернова «Карпатська» 1 кг"),
        ("2/2", "Доставка"),
    ]
    assert (sheet["A3"].value, sheet["A4"].value) == (420, 27)


def test_an_error_in_a_line_is_told_at_the_template_s_own_cell():
    items = [{"name": "є"}, {"name": "є"}, {"name": None}]

    with pytest.raises(MissingValue) as caught:
        filled(excel({"A1": "Акт", "B2": "{{ item.name }}", "B3": "{{ client.name }}"}), order={"items": items})

    assert (caught.value.place.cell, caught.value.facts["name"]) == ("B2", "item.name")


def test_a_loop_over_several_cells_is_told_where_it_begins():
    with pytest.raises(BadSyntax) as caught:
        filled(excel({"A1": "{% for line in order.items %}", "A2": "{{ line.name }}", "A3": "{% endfor %}"}))

    assert (caught.value.code, caught.value.place.cell) == ("T01", "A1")


def test_rich_text_keeps_its_looks():
    book = openpyxl.Workbook()
    bold = InlineFont(b=True)
    book.active["A1"] = CellRichText("Разом ", TextBlock(bold, "{{ order.total|money }}"), " грн")
    book.active["A2"] = CellRichText("Разом {{ order", TextBlock(bold, ".total|money }}"), " грн")
    book.active["A3"] = CellRichText("Без ", TextBlock(bold, "ПДВ"))

    data = fill(saved(book), ".xlsx", FIELDS, manner=UK)

    sheet = openpyxl.load_workbook(io.BytesIO(data), rich_text=True).active
    assert [str(sheet[place].value) for place in ("A1", "A2", "A3")] == ["Разом 1\u00a0200,50 грн", "Разом 1\u00a0200,50 грн", "Без ПДВ"]
    assert sheet["A1"].value[1].font.b
    assert sheet["A3"].value[1].font.b


def picture() -> bytes:
    """A red point, PNG."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0\xff\0\0")) + chunk(b"IEND", b"")


def with_picture(template: bytes, *, row: int) -> bytes:
    """The workbook with a picture whose corner is in this row of column A, as Excel writes it."""
    main, office = "http://schemas.openxmlformats.org", "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    relations = '<Relationships xmlns="{}/package/2006/relationships"><Relationship Id="rId1" Type="{}/{}" Target="{}"/></Relationships>'
    drawing = (
        f'<wsDr xmlns="{main}/drawingml/2006/spreadsheetDrawing" xmlns:a="{main}/drawingml/2006/main"><oneCellAnchor>'
        f"<from><col>0</col><colOff>0</colOff><row>{row - 1}</row><rowOff>0</rowOff></from>"
        '<ext cx="360000" cy="360000"/><pic><nvPicPr><cNvPr id="1" name="logo"/><cNvPicPr/></nvPicPr>'
        f'<blipFill><a:blip xmlns:r="{office}" r:embed="rId1"/></blipFill><spPr/></pic><clientData/></oneCellAnchor></wsDr>'
    )

    def added(parts: dict[str, bytes]) -> None:
        parts["xl/media/logo.png"] = picture()
        parts["xl/drawings/drawing1.xml"] = drawing.encode()
        parts["xl/drawings/_rels/drawing1.xml.rels"] = relations.format(main, office, "image", "../media/logo.png").encode()
        parts["xl/worksheets/_rels/sheet1.xml.rels"] = relations.format(main, office, "drawing", "../drawings/drawing1.xml").encode()
        sheet = parts["xl/worksheets/sheet1.xml"]
        parts["xl/worksheets/sheet1.xml"] = sheet.replace(
            b"</worksheet>", f'<drawing xmlns:r="{office}" r:id="rId1"/></worksheet>'.encode()
        )
        kinds = '<Default Extension="png" ContentType="image/png"/><Override PartName="/xl/drawings/drawing1.xml" ContentType='
        kinds += '"application/vnd.openxmlformats-officedocument.drawing+xml"/></Types>'
        parts["[Content_Types].xml"] = parts["[Content_Types].xml"].replace(b"</Types>", kinds.encode())

    return rezipped(template, added)


def test_a_picture_below_the_lines_moves_down_and_is_the_same_picture():
    data = fill(with_picture(excel({"A2": "{{ item.name }}"}), row=5), ".xlsx", {"order": lines(3)}, manner=UK)

    assert re.findall(r"<row>(\d+)</row>", part_of(data, "xl/drawings/drawing1.xml")) == ["6"]
    kept: list[bytes] = []
    rezipped(data, lambda parts: kept.extend(content for name, content in parts.items() if name.startswith("xl/media/")))
    assert kept == [picture()]


def test_an_ampersand_of_a_value_is_no_code_of_a_header():
    book = openpyxl.Workbook()
    book.active.oddHeader.center.text = "{{ name }} &P"

    data = fill(saved(book), ".xlsx", {"name": "B&B"}, manner=UK)

    assert "&amp;CB&amp;&amp;B &amp;P" in part_of(data, "xl/worksheets/sheet1.xml")


def test_formulas_follow_a_sheet_to_its_new_name():
    book = openpyxl.Workbook()
    book.active.title = "{{ name }}"
    book.active["A1"] = 5
    book.create_sheet("Підсумок")["A1"] = "='{{ name }}'!A1*2"

    data = fill(saved(book), ".xlsx", {"name": "Об'єкт 7"}, manner=UK)

    assert openpyxl.load_workbook(io.BytesIO(data))["Підсумок"]["A1"].value == "='Об''єкт 7'!A1*2"


@pytest.mark.parametrize("value", ["#N/A", "#REF!", "TRUE", "1e5", "=", "'x"])
def test_a_text_that_looks_like_something_else_stays_text(value):
    cell = filled(excel({"A1": "{{ name }}"}), name=value)["A1"]

    assert (cell.data_type, cell.value) == ("s", value)


def test_the_same_input_gives_the_same_bytes_and_formulas_are_computed_on_opening():
    template = excel({"A1": "{{ item.name }}", "B1": "=1+1"})

    data = fill(template, ".xlsx", FIELDS, manner=UK)

    assert fill(template, ".xlsx", FIELDS, manner=UK) == data
    assert 'fullCalcOnLoad="1"' in part_of(data, "xl/workbook.xml")


@settings(max_examples=40, deadline=None)
@given(st.text(max_size=60))
def test_any_text_gives_a_cell_that_excel_reads_with_that_text(value):
    cell = sheet_of(fill(excel({"A1": "[{{ value }}]"}), ".xlsx", {"value": value}, manner=UK))["A1"]

    assert "".join(filter(visible, value)) in "".join(filter(visible, cell.value))


def visible(char: str) -> bool:
    return char.isprintable() and not char.isspace()
