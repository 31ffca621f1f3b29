import io
import re
import zipfile
from datetime import date
from decimal import Decimal

import docx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.context import merge_fields, sample, sample_document
from engine.errors import BadSyntax, BadValue, LookAlike, MissingValue, RefusedFile, UnknownField, UnsafeTemplate, WholeObject
from engine.fill import Manner, fill
from tests.templates_for_tests import excel, part_of, rezipped, saved, text_box, text_of, with_notes, word

UK = Manner("uk", "UAH")


def fields(**changes):
    return merge_fields(sample("uk"), sample_document("uk"), "Оксана") | changes


def filled(template: bytes, manner: Manner = UK, **changes) -> str:
    return text_of(fill(template, ".docx", fields(**changes), manner=manner, name="t.docx"))


def test_a_field_is_printed_as_its_language_writes_it():
    text = filled(word("{{ order.total }} {{ order.items[1].qty }} {{ order.date }} {{ order.items[0].number }}"))

    assert text.split("\n")[0] == "1\u00a0200,50 1,5 24.11.2026 1"


def test_the_same_field_answers_to_its_names_in_three_languages():
    assert filled(word("{{ замовлення.сума }} {{ ЗАКАЗ.Сумма }} {{ Order.Total }}")).startswith("1\u00a0200,50 1\u00a0200,50 1\u00a0200,50")


def test_filters_take_the_document_s_language_and_currency_and_have_names_in_three_languages():
    template = word("{{ order.total|words }} {{ order.total|прописью }} {{ order.date|date_long }} {{ order.total|words('USD') }}")

    text = filled(template, Manner("ru", "RUB"))

    assert text.startswith(
        "Одна тысяча двести рублей 50 копеек Одна тысяча двести рублей 50 копеек 24 ноября 2026\u00a0г. Одна тысяча двести долларов"
    )


def test_rows_repeat_by_docxtpl_s_own_tags():
    rows = [["№", "Назва"], ["{%tr for item in order.items %}", ""], ["{{ loop.index }}", "{{ item.name }}"], ["{%tr endfor %}", ""]]

    text = filled(word(table=[*rows, ["Разом", "{{ order.total|money }}"]]))

    assert "№\nНазва\n1\nКава зернова «Карпатська» 1 кг\n2\nДоставка\nРазом\n1\u00a0200,50" in text


def test_a_no_break_space_after_a_row_s_tag_is_forgiven():
    rows = [["{%tr\u00a0for item in order.items %}"], ["{{ item.name }}"], ["{%tr\u00a0endfor %}"]]

    assert "Кава зернова «Карпатська» 1 кг\nДоставка" in filled(word(table=rows))


@pytest.mark.parametrize("quotes", ["«немає»", "„немає“", "“немає”", "'немає'", '"немає"', "‘немає’"])
def test_word_s_quotation_marks_are_forgiven_inside_a_tag(quotes):
    assert filled(word(f"«{{{{ client.kpp|default({quotes}) }}}}»"), client={"kpp": None}).startswith("«немає»")


def test_dashes_and_no_break_spaces_are_forgiven_inside_a_tag():
    assert filled(word("{%–\u00a0if order.total %}так{%\u00a0endif –%}!")).startswith("так!")


@pytest.mark.parametrize("value", ["ТОВ «Сміт & Ко» <b>", "О'Коннор", 'лапки "так"', "рядок {{ x }}", "эмодзи 🎉", "100 %}"])
def test_a_value_reaches_the_paper_as_it_is(value):
    assert filled(word("Клієнт {{ name }}.", header="{{ name }}"), name=value).count(value) == 2


def test_line_breaks_and_tabs_of_a_value_become_word_s():
    assert filled(word("{{ note }}"), note="перший\nдругий\tтретій").startswith("перший\nдругий\tтретій")


def test_control_characters_and_lone_surrogates_are_left_out():
    assert filled(word("{{ note }}"), note="до\x00\x0bпісля\ud800").startswith("допісля")


def test_properties_are_filled_and_not_escaped_twice():
    data = fill(word("x", title="{{ name }}"), ".docx", {"name": "Сміт & Ко"}, manner=UK)

    assert docx.Document(io.BytesIO(data)).core_properties.title == "Сміт & Ко"


def test_the_same_input_gives_the_same_bytes():
    template = word("{{ order.total }}")

    assert fill(template, ".docx", fields(), manner=UK) == fill(template, ".docx", fields(), manner=UK)


def test_no_clock_is_read():
    """A template without properties gets some from python-docx, which would write the time of filling into them."""

    def bare(parts: dict[str, bytes]) -> None:
        del parts["docProps/core.xml"]
        for name in ("_rels/.rels", "[Content_Types].xml"):
            parts[name] = re.sub(rb"<(?:Relationship|Override) [^>]*core[^>]*>", b"", parts[name])

    data = fill(rezipped(word("x"), bare), ".docx", {}, manner=UK)

    assert re.findall(r"<dcterms:modified[^>]*>([^<]*)<", part_of(data, "docProps/core.xml")) == ["2000-01-01T00:00:00Z"]


def test_properties_that_libreoffice_saved_are_the_ones_that_are_filled():
    """It names their relation in its own way; python-docx would add a second docProps/core.xml beside the author's."""

    def renamed(parts: dict[str, bytes]) -> None:
        ours, theirs = (f"http://schemas.openxmlformats.org/{kind}/2006/relationships/metadata" for kind in ("package", "officedocument"))
        parts["_rels/.rels"] = parts["_rels/.rels"].replace(ours.encode(), theirs.encode())

    data = fill(rezipped(word("x", title="№ {{ document.number }}"), renamed), ".docx", fields(), manner=UK)

    assert docx.Document(io.BytesIO(data)).core_properties.title == "№ ЗРАЗОК-0000"
    assert zipfile.ZipFile(io.BytesIO(data)).namelist().count("docProps/core.xml") == 1


def test_a_property_is_cut_where_word_would_not_take_more():
    data = fill(word("x", title="{{ name }}"), ".docx", {"name": "я" * 300 + "\f"}, manner=UK)

    assert docx.Document(io.BytesIO(data)).core_properties.title == "я" * 255


@pytest.mark.parametrize("kind", ["footnote", "endnote"])
def test_a_note_is_filled_once_however_many_sections_there_are(kind):
    """docxtpl fills footnotes again for each section, and would read what a client's name says as a template."""
    document = docx.Document()
    document.add_section()
    template = with_notes(saved(document), kind, "{{ name }}")

    data = fill(template, ".docx", {"name": "Сміт & {{ 1 + 1 }}"}, manner=UK)

    assert "Сміт &amp; {{ 1 + 1 }}<" in part_of(data, f"word/{kind}s.xml")


def test_a_text_box_is_filled_and_its_slips_are_told():
    document = docx.Document()
    document.element.body.insert(0, text_box("{{ name }}"))

    assert "<w:t>Сміт<" in part_of(fill(saved(document), ".docx", {"name": "Сміт"}, manner=UK), "word/document.xml").replace(
        ' xml:space="preserve"', ""
    )
    with pytest.raises(MissingValue) as caught:
        fill(saved(document), ".docx", {"name": None}, manner=UK)
    assert caught.value.place.part == "textbox"


@pytest.mark.parametrize("text", ["{{ '<b>'|safe }}", "{{ '</w:p>'|safe }}"])
def test_markup_that_a_template_breaks_is_an_error_and_not_lost_text(text):
    with pytest.raises(BadSyntax) as caught:
        filled(word(text, "Далі"))

    assert caught.value.facts["reason"] == "broken-markup"


def test_a_condition_from_a_paragraph_into_a_table_is_an_error_and_not_lost_text():
    template = word("{% if order.note %}Є", table=[["примітка{% endif %}", "{{ order.count }}"]])

    with pytest.raises(BadSyntax) as caught:
        fill(template, ".docx", {"order": {"note": "", "count": 2}}, manner=UK)

    assert caught.value.facts["reason"] == "broken-markup"


@pytest.mark.parametrize("text", ["{{ 1 / (order.count - 2) }}", "{{ order.total + 'x' }}", "{{ order.total|plural('a', 'b', 'c', 'd') }}"])
def test_a_sum_that_cannot_be_done_is_told_at_its_place(text):
    with pytest.raises((BadSyntax, BadValue)) as caught:
        filled(word("Перший", table=[["a", "b"], ["c", text]]))

    assert caught.value.place.facts() == {"file": "t.docx", "part": "body", "table": 1, "row": 2, "col": 2}


@pytest.mark.parametrize("bomb", ["{% for x in range(10**6) %}{% endfor %}", "{{ 'x' * 10**9 }}"])
def test_a_bomb_is_refused_at_its_place(bomb):
    with pytest.raises(UnsafeTemplate) as caught:
        filled(word("Перший", bomb))

    assert caught.value.place.paragraph == 2


@pytest.mark.parametrize(
    ("text", "kind", "words"),
    [
        ("{{ order.totl }}", UnknownField, "`order.total`"),
        ("{{ oder.total }}", UnknownField, "`order`"),
        ("{{ сlient.name }}", LookAlike, "`client`"),
        ("{{ order }}", WholeObject, "`order`"),
        ("{{ order,total }}", WholeObject, "`order.total`"),
        ("{{ order.items }}", WholeObject, "`order.items`"),
        ("{{ order.is_vat_included }}", BadValue, "{% if"),
        ("{{ 'abc'|money }}", BadValue, "abc"),
    ],
)
def test_a_slip_stops_the_fill_at_its_place_with_a_suggestion(text, kind, words):
    with pytest.raises(kind) as caught:
        filled(word("Перший", text))

    assert words in caught.value.text("uk")
    if kind is not BadValue or "abc" not in text:
        assert caught.value.place.facts() == {"file": "t.docx", "part": "body", "paragraph": 2}


def test_an_empty_field_is_told_where_it_stands_and_is_taken_by_the_author_s_default():
    bare = merge_fields(bare_case(), sample_document("uk"), "")

    assert text_of(fill(word("[{{ client.phone|default('') }}{% if client.phone %}тел.{% endif %}]"), ".docx", bare, manner=UK)).startswith(
        "[]"
    )
    with pytest.raises(MissingValue) as caught:
        fill(word("x", table=[["ЄДРПОУ", "{{ client.code }}"]]), ".docx", bare, manner=UK, name="t.docx")
    assert caught.value.facts["name"] == "client.code"
    assert caught.value.place.facts() == {"file": "t.docx", "part": "body", "table": 1, "row": 1, "col": 2}


def bare_case():
    from dataclasses import replace

    from engine.model import Client

    return replace(sample("uk"), client=Client("c", "ТОВ «Гола»"))


PAYLOADS = (
    "{{ ''.__class__.__mro__ }}",
    "{{ self.__init__.__globals__ }}",
    "{{ cycler.__init__.__globals__.os.popen('id').read() }}",
    "{{ order.items.__class__ }}",
    "{{ ''|attr('__class__') }}",
    "{{ lipsum.__globals__ }}",
)


@pytest.mark.parametrize("payload", PAYLOADS)
@pytest.mark.parametrize("where", ["body", "header", "title"])
def test_a_template_cannot_reach_the_inside_of_the_program(payload, where):
    template = {"body": lambda: word(payload), "header": lambda: word("x", header=payload), "title": lambda: word("x", title=payload)}[
        where
    ]()

    with pytest.raises((UnsafeTemplate, UnknownField)):
        fill(template, ".docx", fields(), manner=UK)


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04 torn", b"\x00" * 300])
def test_what_is_no_office_file_is_refused(data):
    with pytest.raises(RefusedFile):
        fill(data, ".docx", {}, manner=UK, name="t.docx")


def test_plain_json_prints_as_docxtpl_prints_it():
    document = docx.Document()
    document.add_paragraph("{{ a }} {{ b }} {{ c }} {{ rows[0].x }} {{ empty }}|")

    data = fill(saved(document), ".docx", {"a": 7, "b": 1.5, "c": "т", "rows": [{"x": 1}], "empty": ""}, manner=UK)

    assert text_of(data).startswith("7 1.5 т 1 |")


def test_money_and_dates_of_a_plug_in_s_object_are_written_in_the_language():
    text = text_of(fill(word("{{ sum }} {{ day }}"), ".docx", {"sum": Decimal("5.00"), "day": date(2026, 1, 2)}, manner=Manner("en")))

    assert text.startswith("5.00 2 Jan 2026")


def test_a_workbook_is_not_taken_for_a_word_file():
    with pytest.raises(RefusedFile):
        fill(excel({"A1": "x"}), ".docx", {}, manner=UK)


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=60))
def test_any_text_gives_a_file_that_word_reads_with_that_text(value):
    data = fill(word("[{{ value }}]"), ".docx", {"value": value}, manner=UK)

    text = text_of(data)
    assert text.startswith("[")
    assert visible(value) in visible(text)


def visible(text: str) -> str:
    return "".join(char for char in text if char.isprintable() and not char.isspace())
