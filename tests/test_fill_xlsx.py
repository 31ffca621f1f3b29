from datetime import date, datetime
from decimal import Decimal

import openpyxl
import pytest

from engine.context import merge_fields, sample, sample_document
from engine.errors import MissingValue, UnknownField
from engine.fill import Manner, fill
from tests.templates_for_tests import excel, saved, sheet_of

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
    import io

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
