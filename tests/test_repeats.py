"""A row that uses an element of a list repeats for it, without loop tags, in Word as in Excel."""

import io

import docx
import pytest

from engine.context import merge_fields, sample, sample_document
from engine.fill import Manner, fill, problems
from tests.templates_for_tests import saved, word

UK = Manner("uk", "UAH")
FIELDS = merge_fields(sample("uk"), sample_document("uk"), "Оксана")


def rows_of(template: bytes, table: int = 0, **changes) -> list[list[str]]:
    data = fill(template, ".docx", FIELDS | changes, manner=UK, name="t.docx")
    return [[cell.text for cell in row.cells] for row in docx.Document(io.BytesIO(data)).tables[table].rows]


HEAD, TOTAL = ["№", "Назва"], ["Разом", "{{ order.total|money }}"]


@pytest.mark.parametrize("name", ["{{ item.name }}", "{{ позиція.назва }}", "{{ товар.назва }}", "{{ item.name|upper_first }}"])
def test_a_row_that_uses_an_item_repeats_for_the_lines(name):
    rows = rows_of(word(table=[HEAD, ["{{ loop.index }}", name], TOTAL]))

    assert rows == [HEAD, ["1", "Кава зернова «Карпатська» 1 кг"], ["2", "Доставка"], ["Разом", "1\u00a0200,50"]]


@pytest.mark.parametrize("count", [0, 1, 200])
def test_as_many_rows_as_lines_and_the_others_stay(count):
    items = [{"name": f"Рядок {number}"} for number in range(count)]

    rows = rows_of(word(table=[HEAD, ["{{ loop.index }}", "{{ item.name }}"], ["Разом", "x"]]), order={"items": items})

    assert len(rows) == count + 2
    assert (rows[0], rows[-1]) == (HEAD, ["Разом", "x"])


def test_a_condition_in_the_row_sees_its_own_line():
    rows = rows_of(word(table=[["{{ item.name }}", "{% if item.is_service %}послуга{% else %}товар{% endif %}"]]))

    assert [row[1] for row in rows] == ["товар", "послуга"]


def test_two_lists_of_one_table_repeat_each_for_itself():
    rows = rows_of(word(table=[["{{ item.name }}", "x"], ["{{ tax.rate }} %", "{{ tax.amount }}"]]))

    assert [row[0] for row in rows] == ["Кава зернова «Карпатська» 1 кг", "Доставка", "20 %", "7 %"]


def test_any_list_of_the_context_repeats_by_its_singular_name():
    payments = [{"day": "01.02", "sum": 5}, {"day": "03.04", "sum": 7}]

    assert rows_of(word(table=[["{{ payment.day }}", "{{ payment.sum }}"]]), payments=payments) == [["01.02", "5"], ["03.04", "7"]]


def test_an_explicit_loop_is_left_as_it_is():
    explicit = [["{%tr for item in order.items %}", ""], ["{{ item.name }}", "{{ loop.length }}"], ["{%tr endfor %}", ""]]

    assert [row[1] for row in rows_of(word(table=explicit))] == ["2", "2"]
    assert [row[1] for row in rows_of(word(table=[["x", "{% for item in order.items %}{{ item.qty }};{% endfor %}"]]))] == ["3;1,5;"]


def test_in_a_table_within_a_table_the_innermost_row_repeats():
    document = docx.Document()
    outer = document.add_table(rows=1, cols=1)
    outer.cell(0, 0).text = "Разом {{ order.count }}"
    inner = outer.cell(0, 0).add_table(rows=2, cols=1)
    inner.cell(0, 0).text, inner.cell(1, 0).text = "Назва", "{{ item.name }}"

    data = fill(saved(document), ".docx", FIELDS, manner=UK)

    [table] = docx.Document(io.BytesIO(data)).tables
    assert len(table.rows) == 1
    assert [row.cells[0].text for row in table.cell(0, 0).tables[0].rows] == ["Назва", "Кава зернова «Карпатська» 1 кг", "Доставка"]


@pytest.mark.parametrize("style", ["List Bullet", "List Number"])
def test_a_list_paragraph_that_uses_an_item_repeats(style):
    document = docx.Document()
    document.add_paragraph("Перелік:")
    document.add_paragraph("{{ item.name }}, {{ item.qty }}", style)
    document.add_paragraph("Кінець")
    template = saved(document)

    data = fill(template, ".docx", FIELDS, manner=UK)

    result = docx.Document(io.BytesIO(data)).paragraphs
    assert [part.text for part in result] == ["Перелік:", "Кава зернова «Карпатська» 1 кг, 3", "Доставка, 1,5", "Кінець"]
    assert [part.style.name for part in result[1:3]] == [style, style]
    assert problems(template, ".docx", FIELDS) == ()


def test_a_plain_paragraph_does_not_repeat_and_is_told():
    [slip] = problems(word("{{ item.name }}"), ".docx", FIELDS)

    assert slip.code == "F01"


def test_the_check_knows_rows_that_repeat_and_their_slips():
    good = word(table=[HEAD, ["{{ loop.index }}", "{{ item.name }} {client.name}"], TOTAL])
    bad = word(table=[HEAD, ["{{ loop.index }}", "{{ item.nam }}"], TOTAL])

    assert [problem.code for problem in problems(good, ".docx", FIELDS)] == ["L01"]
    [slip] = problems(bad, ".docx", FIELDS, name="t")
    assert (slip.code, slip.suggestion, slip.place.row, slip.place.col) == ("F01", "item.name", 2, 2)
    assert [problem.code for problem in problems(word("{{ item.name }}"), ".docx", FIELDS)] == ["F01"]
