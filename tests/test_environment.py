"""What a template finds when it runs: fields, filters, and walls."""

from datetime import date, datetime
from decimal import Decimal

import pytest
from jinja2.exceptions import SecurityError

from engine.context import merge_fields, sample, sample_document
from engine.fill.environment import DEFAULT, FILTERS, Manner, environment
from engine.fill.sandbox import FieldError

UK = Manner("uk", "UAH")
FIELDS = merge_fields(sample("uk"), sample_document("uk"), "Оксана")


def written(template: str, manner: Manner = UK, **fields) -> str:
    return environment(manner, is_markup=False).from_string(template).render(**(FIELDS | fields))


@pytest.mark.parametrize(
    ("value", "in_ukrainian", "in_english"),
    [
        (Decimal("1200.50"), "1\u00a0200,50", "1,200.50"),
        (Decimal("0.00"), "0,00", "0.00"),
        (Decimal("2.5"), "2,5", "2.5"),
        (Decimal("1.2345"), "1,2345", "1.2345"),
        (Decimal("-3"), "-3", "-3"),
        (date(2026, 11, 4), "04.11.2026", "4 Nov 2026"),
        (datetime(2026, 11, 4, 23, 59), "04.11.2026", "4 Nov 2026"),
        (0, "0", "0"),
        ("текст", "текст", "текст"),
    ],
)
def test_a_value_is_written_as_its_language_writes_it(value, in_ukrainian, in_english):
    assert written("{{ value }}", value=value) == in_ukrainian
    assert written("{{ value }}", Manner("en", "USD"), value=value) == in_english


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (True, "yes-no"),
        (False, "yes-no"),
        (None, "empty"),
        ([1], "whole-object"),
        ((1, 2), "whole-object"),
        ({"a": 1}, "whole-object"),
        (len, "whole-object"),
        (Decimal("NaN"), "bad-value"),
    ],
)
def test_what_has_no_look_on_paper_is_an_error_and_not_python_s_word_for_it(value, reason):
    with pytest.raises(FieldError) as caught:
        written("{{ value }}", value=value)

    assert caught.value.reason == reason


def test_an_empty_field_is_false_equal_to_nothing_and_taken_by_default_but_never_printed():
    fields = {"client": {"phone": None}}

    assert written("{% if client.phone %}так{% else %}ні{% endif %}", **fields) == "ні"
    assert written("{% if client.phone == '' %}порожньо{% endif %}", **fields) == "порожньо"
    assert written("{{ client.phone|length }}", **fields) == "0"
    for name in DEFAULT:
        assert written(f"{{{{ client.phone|{name}('—') }}}}", **fields) == "—"
    for use in ("", "|upper", "|money", "|int", " ~ 'x'", " + 1", "|words", "[0]"):
        with pytest.raises(FieldError) as caught:
            written(f"{{{{ client.phone{use} }}}}", **fields)
        assert (caught.value.reason, caught.value.name) == ("empty", "phone")


@pytest.mark.parametrize(
    "use", ["{{ order.totl }}", "{% if order.totl %}{% endif %}", "{% for x in order.totl %}{% endfor %}", "{{ order.totl * 2 }}"]
)
def test_an_unknown_field_is_an_error_in_any_use_with_the_nearest_name(use):
    with pytest.raises(FieldError) as caught:
        written(use)

    assert (caught.value.reason, caught.value.name, caught.value.suggestion) == ("unknown", "order.totl", "order.total")


def test_a_loop_names_the_field_of_its_element():
    with pytest.raises(FieldError) as caught:
        written("{% for item in order.items %}{{ item.nam }}{% endfor %}")

    assert (caught.value.name, caught.value.suggestion) == ("item.nam", "item.name")


def test_a_mapping_has_its_keys_and_never_a_method():
    assert written("{% for x in box.items %}{{ x }}{% endfor %}", box={"items": ["a", "b"]}) == "ab"
    for method in ("keys", "values", "get", "pop", "update"):
        with pytest.raises(FieldError):
            written(f"{{{{ box.{method} }}}}", box={"items": []})


@pytest.mark.parametrize("name", ["ORDER.total", "Замовлення.СУМА", "заказ.Сумма", "order['сума']"])
def test_names_are_read_in_any_letter_case(name):
    assert written(f"{{{{ {name} }}}}") == "1\u00a0200,50"


@pytest.mark.parametrize("name", sorted(FILTERS))
def test_a_filter_answers_in_any_letter_case(name):
    assert environment(Manner(), is_markup=False).filters[name.upper()] is not None


def test_the_filters_of_a_plug_in_are_given_language_and_currency_where_they_ask():
    manner = Manner("ru", "RUB", {"Marked": lambda value, language="", currency="": f"{value}/{language}/{currency}"})

    assert written("{{ 'x'|marked }} {{ 'x'|MARKED('en') }}", manner) == "x/ru/RUB x/en/RUB"


@pytest.mark.parametrize("bomb", ["'x' * 10**9", "[0] * 10**9", "10**9 * 'x'", "2 ** 100000000", "range(10**6)|list", "'%999999999d' % 1"])
def test_a_sum_that_would_fill_the_memory_is_not_begun(bomb):
    with pytest.raises(OverflowError):
        written(f"{{{{ {bomb} }}}}")


def test_sums_that_a_template_needs_are_made():
    assert written("{{ order.total * 2 }} {{ '-' * 20 }} {{ 2 ** 10 }} {{ 7 % 4 }} {{ '%s грн' % 5 }} {{ 100000 * 100000 }}") == (
        "2\u00a0401,00 -------------------- 1024 3 5 грн 10000000000"
    )


@pytest.mark.parametrize(
    "payload", ["''.__class__", "order.items.__class__.__mro__", "'{0.__class__}'.format(1)", "cycler.__init__.__globals__"]
)
def test_the_inside_of_the_program_is_out_of_reach(payload):
    with pytest.raises((SecurityError, FieldError)):
        written(f"{{{{ {payload} }}}}")
