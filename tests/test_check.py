"""The slips that people really make, found without filling, each at its place."""

import re

import docx
import pytest

from engine.catalogue import shipped
from engine.context import merge_fields, sample, sample_document
from engine.errors import RefusedFile
from engine.fill import fields_used, problems
from tests.templates_for_tests import excel, saved, text_box, with_notes, word

FIELDS = merge_fields(sample("uk"), sample_document("uk"), "Оксана")


def found(template: bytes, suffix: str = ".docx"):
    return problems(template, suffix, FIELDS, name="t")


@pytest.mark.parametrize(
    ("text", "code", "suggestion"),
    [
        ("{{ order.totl }}", "F01", "order.total"),
        ("{{ oder.total }}", "F01", "order"),
        ("{{ замовленя.сума }}", "F01", "замовлення"),
        ("{{ order.items.name }}", "F01", None),
        ("{{ item.name }}", "F01", None),
        ("{{ сlient.name }}", "F02", "client"),
        ("{{ client.nаme }}", "F02", "client.name"),
        ("{{ order.number }", "S01", None),
        ("{ order.number }}", "S01", None),
        ("{% tr for item in order.items %}x{% tr endfor %}", "S01", None),
        ("{{ order.total| }}", "S01", None),
        ("{% endfor %}", "S01", None),
        ("{%tr for item in order.items %}", "T01", None),
        ("{% if order.total %}", "T01", None),
        ("{{ order.total|monney }}", "U01", "money"),
        ("{{ order,total }}", "Q01", "order.total"),
        ("{{ order }}", "Q01", None),
        ("{{ order.is_vat_included }}", "V02", None),
        ("Текст поруч {%p if order.total %}", "P01", None),
        ("{client.name}", "L01", None),
        ("[[order.number]]", "L01", None),
        ("{ { order.number } }", "L01", None),
    ],
)
def test_a_slip_is_flagged_in_word_and_in_excel(text, code, suggestion):
    in_word = {problem.code: problem for problem in found(word("Перший", text))}

    assert code in in_word
    assert in_word[code].place.facts() == {"file": "t", "part": "body", "paragraph": 2}
    assert (in_word[code].suggestion, in_word[code].excerpt) == (suggestion, text)
    if "{%tr" not in text and "{%p" not in text and "item" not in text:
        in_excel = {problem.code: problem for problem in found(excel({"C3": text}), ".xlsx")}
        assert in_excel[code].place.facts() == {"file": "t", "sheet": "Акт", "cell": "C3"}


def test_a_loop_written_into_one_row_is_flagged():
    rows = [["{% for item in order.items %}{{ item.name }}{% endfor %}", "{{ order.total }}"]]

    assert [problem.code for problem in found(word(table=rows))] == ["T02"]


@pytest.mark.parametrize(
    ("cells", "code"),
    [
        (["{% for item in order.items %}{{ item.name }}", "{{ item.qty }}{% endfor %}"], "T02"),
        (["{%tr for item in order.items %}", "{{ item.name }} {%tr endfor %}"], "T02"),
        (["{%tr if order.note %}", "Примітка"], "P02"),
    ],
)
def test_a_row_that_would_come_out_wrong_is_flagged(cells, code):
    closing = [["{%tr endif %}", ""]] if code == "P02" else []

    [problem] = found(word(table=[cells, *closing]))

    assert (problem.code, problem.place.facts()) == (code, {"file": "t", "part": "body", "table": 1, "row": 1, "col": 1})


@pytest.mark.parametrize("text", ["{{ ім'я }}", "{{ клієнт.ім’я }}", "{{ order.total грн }}", "{{ order.total № }}"])
def test_what_cannot_be_read_is_told_without_a_word_of_a_programmer(text):
    [problem] = found(word(text))

    assert problem.code == "S01"
    assert not re.search("unexpected|expected|token|template", problem.text("uk"))


def test_a_line_that_cannot_be_read_does_not_blame_the_lines_around_it():
    template = word(
        "{% for item in order.items %}{{ item. }}", "{{ item.name }}", "{% if order.note %}{{ order.total| }}", "{% endif %}{% endfor %}"
    )

    assert [(problem.code, problem.place.paragraph) for problem in found(template)] == [("S01", 1), ("S01", 3)]


@pytest.mark.parametrize("text", ["{{ item.nme }}", "{{ позиція.назвва }}"])
def test_a_row_of_excel_is_checked_as_one_that_repeats(text):
    [problem] = found(excel({"A1": "Назва", "B2": text}), ".xlsx")

    assert (problem.code, problem.place.cell, problem.suggestion) == (
        "F01",
        "B2",
        {"{{ item.nme }}": "item.name", "{{ позиція.назвва }}": "item.назва"}[text],
    )


def test_a_loop_of_excel_that_goes_on_in_another_cell_is_flagged():
    codes = [problem.code for problem in found(excel({"A1": "{% for x in order.items %}", "A2": "{% endfor %}"}), ".xlsx")]

    assert codes == ["T01", "S01"]


def test_text_boxes_footnotes_and_tables_within_tables_are_located():
    document = docx.Document()
    document.element.body.insert(0, text_box("{{ order.aaa }}"))
    outer = document.add_table(rows=1, cols=2)
    outer.cell(0, 1).add_table(rows=2, cols=1).cell(1, 0).text = "{{ order.bbb }}"
    template = with_notes(saved(document), "footnote", "{{ order.ccc }}")

    places = {problem.facts["name"]: problem.place.facts() for problem in found(template)}

    assert places == {
        "order.aaa": {"file": "t", "part": "textbox", "paragraph": 2},
        "order.bbb": {"file": "t", "part": "body", "table": 2, "row": 2, "col": 1},
        "order.ccc": {"file": "t", "part": "footnote", "paragraph": 1},
    }


def test_a_file_that_is_no_template_is_refused():
    for data in (b"", b"PK\x03\x04 torn"):
        with pytest.raises(RefusedFile):
            found(data)


def test_all_slips_come_at_once_in_reading_order():
    template = word("{{ order.totl }}", "{{ order.number }", "{{ сlient.name }}", table=[["{{ client.cod }}", "{{ x }}"]])

    assert [problem.code for problem in found(template)] == ["F01", "S01", "F02", "F01", "F01"]


@pytest.mark.parametrize(
    "text",
    [
        "{{ order.total|money }} {{ client.kpp|default('') }} {{ nobody|default('—') }}",
        "{% for item in order.items %}{{ loop.index }}. {{ item.name }}{% if not loop.last %}, {% endif %}{% endfor %}",
        "{% set total = order.total %}{{ total }}",
        "{{ order.items[0].name }} {{ order['number'] }} {{ (order.items|first).name }}",
        "{%p if order.taxes %}",
        "{% if nobody is defined %}{{ nobody.name }}{% endif %}",
        "{{ order.total|ІНАКШЕ('') }} {{ nobody|иначе('') }}",
        "{% macro line(x) %}{{ x }}{% endmacro %}{{ line(order.total) }}",
        "ціна {за одиницю} і масив [а]",
        "{# примітка автора {{ order.totl }} #}",
        "{{ замовлення.позиції|length }} {{ 'так' if order.vat else 'ні' }}",
    ],
)
def test_a_template_that_renders_gets_no_false_alarm(text):
    closing = ["{%p endif %}"] if text.startswith("{%p") else []

    assert found(word(text, *closing)) == ()


def test_header_nested_table_and_rows_of_a_loop_are_located():
    rows = [["{%tr for item in order.items %}", ""], ["{{ item.nam }}", "{{ item.qty }}"], ["{%tr endfor %}", ""]]

    header, row = found(word("x", table=rows, header="{{ entity.nme }}"))[::-1]

    assert {header.place.part, row.place.part} == {"header", "body"}
    inside = header if header.place.part == "body" else row
    assert (inside.place.table, inside.place.row, inside.place.col, inside.suggestion) == (1, 2, 1, "item.name")


@pytest.mark.parametrize("path", sorted(shipped().glob("*.*x")), ids=lambda path: path.name)
def test_a_stock_template_has_no_slips(path):
    template, language = path.read_bytes(), path.stem.split(".")[-1]
    fields = merge_fields(sample(language), sample_document(language), "Оксана")

    assert problems(template, path.suffix, fields, name=path.name) == ()
    assert "document.number" in fields_used(template, path.suffix)
