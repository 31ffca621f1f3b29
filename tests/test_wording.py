"""Money, quantities, dates and plurals on paper, in three languages."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from babel.numbers import format_decimal
from hypothesis import given
from hypothesis import strategies as st

from engine import messages, wording

LANGUAGES = ("uk", "ru", "en")
LINES = (Path(__file__).parent / "data" / "amounts.txt").read_text("utf-8").splitlines()
AMOUNTS = [line.split("|") for line in LINES if not line.startswith("#")]


@pytest.mark.parametrize(("amount", "currency", "expected"), [(row[0], row[1], row[2:]) for row in AMOUNTS])
def test_a_sum_in_words_reads_as_a_native_writes_it(amount, currency, expected):
    written = [wording.words(Decimal(amount), currency, language) for language in LANGUAGES]

    assert written == expected


def test_the_table_has_forty_amounts_in_each_main_currency():
    for main in ("UAH", "USD", "EUR", "RUB"):
        assert len({amount for amount, currency, *_ in AMOUNTS if currency == main}) >= 40


def test_five_thousand_is_five_thousand_in_every_way_of_giving_it():
    """Others take an int for kopecks and print fifty hryvnias on the invoice."""
    given_as = (5000, "5000", " 5000.00 ", Decimal("5E3"), 5000.0)

    assert {wording.words(value) for value in given_as} == {"П'ять тисяч гривень 00 копійок"}
    assert {wording.money(value) for value in given_as} == {"5\u00a0000,00"}


@pytest.mark.parametrize("language", LANGUAGES)
@given(value=st.decimals(-(10**15), 10**15, places=2))
def test_money_is_grouped_as_cldr_groups_it(language, value):
    assert wording.money(value, language) == format_decimal(value or Decimal(0), format="#,##0.00", locale=language)


@given(kopecks=st.integers(0, 10**17))
def test_words_and_figures_name_the_same_kopecks(kopecks):
    value = Decimal(kopecks).scaleb(-2)

    figures, text = wording.money(value), wording.words(value)

    assert f" {figures[-2:]} копі" in text
    assert text[0].isupper()
    assert "  " not in text


@pytest.mark.parametrize(
    ("value", "uk", "en"),
    [
        (Decimal("0.005"), "0,01", "0.01"),
        (Decimal("2.675"), "2,68", "2.68"),
        (2.675, "2,68", "2.68"),
        (Decimal("-0.004"), "0,00", "0.00"),
        (Decimal("-1200.5"), "-1\u00a0200,50", "-1,200.50"),
        (0, "0,00", "0.00"),
        (Decimal("999999.995"), "1\u00a0000\u00a0000,00", "1,000,000.00"),
    ],
)
def test_half_a_kopeck_goes_up(value, uk, en):
    assert (wording.money(value, "uk"), wording.money(value, "en")) == (uk, en)


@pytest.mark.parametrize(
    ("value", "uk", "en"),
    [
        (Decimal("2.500"), "2,5", "2.5"),
        (Decimal("1200"), "1\u00a0200", "1,200"),
        (Decimal("1.2E+3"), "1\u00a0200", "1,200"),
        (Decimal("0.000"), "0", "0"),
        (Decimal("-0"), "0", "0"),
        (Decimal("0.001"), "0,001", "0.001"),
        (10, "10", "10"),
    ],
)
def test_a_quantity_keeps_its_decimals_and_no_zeros(value, uk, en):
    assert (wording.number(value, "uk"), wording.number(value, "en")) == (uk, en)


@pytest.mark.parametrize("value", ["", "сто", "1,5", "1 200", "NaN", None, True, [], Decimal("NaN"), Decimal("-Infinity")])
@pytest.mark.parametrize("write", [wording.money, wording.number, wording.words])
def test_what_is_no_number_is_never_written(write, value):
    with pytest.raises(wording.BadWordingValue) as caught:
        write(value)

    assert caught.value.reason == "not-a-number"


@pytest.mark.parametrize("value", [10**18, "1" * 40, Decimal("1E+999999"), Decimal("-1E+30"), Decimal("1E-999999")])
def test_a_number_beyond_the_tables_is_refused_at_once(value):
    with pytest.raises(wording.BadWordingValue) as caught:
        wording.words(value)

    assert caught.value.reason == "out-of-range"


def test_a_currency_without_known_forms_is_named_not_guessed():
    with pytest.raises(wording.BadWordingValue) as caught:
        wording.words(1, "XAU")

    assert caught.value.reason == "unknown-currency"
    assert all("XAU" in caught.value.text(language) for language in LANGUAGES)


def test_tenge_is_written_where_its_forms_are_certain():
    assert wording.words("21.02", "KZT", "ru") == "Двадцать один тенге 02 тиына"
    assert wording.words(5, "kzt", "en") == "Five tenge 00 tiyn"
    with pytest.raises(wording.BadWordingValue):
        wording.words(5, "KZT", "uk")


def test_a_language_that_is_not_ours_is_refused():
    for write in (wording.money, wording.number, lambda value, code: wording.words(value, "UAH", code)):
        with pytest.raises(wording.BadWordingValue) as caught:
            write(1, "de")
        assert caught.value.reason == "unknown-language"


@pytest.mark.parametrize(
    "value",
    [date(2026, 11, 4), datetime(2026, 11, 4, 23, 30, tzinfo=UTC), "2026-11-04", "2026-11-04T10:00:00Z"],
)
def test_a_day_is_written_the_same_however_it_came(value):
    assert [wording.date(value, language) for language in LANGUAGES] == ["04.11.2026", "04.11.2026", "4 Nov 2026"]
    assert [wording.date_long(value, language) for language in LANGUAGES] == [
        "4 листопада 2026\u00a0р.",
        "4 ноября 2026\u00a0г.",
        "4 November 2026",
    ]


def test_every_month_is_in_the_genitive():
    days = [date(2026, month, 1) for month in range(1, 13)]

    uk = " ".join(wording.date_long(day, "uk").split()[1] for day in days)
    ru = " ".join(wording.date_long(day, "ru").split()[1] for day in days)

    assert uk == "січня лютого березня квітня травня червня липня серпня вересня жовтня листопада грудня"
    assert ru == "января февраля марта апреля мая июня июля августа сентября октября ноября декабря"


@pytest.mark.parametrize("value", ["24.11.2026", "", "2026-02-30", None, 20261124])
def test_what_is_no_date_is_never_written(value):
    for write in (wording.date, wording.date_long):
        with pytest.raises(wording.BadWordingValue) as caught:
            write(value)
        assert caught.value.reason == "not-a-date"


@pytest.mark.parametrize(
    ("count", "form"),
    [
        (0, "позицій"),
        (1, "позиція"),
        (2, "позиції"),
        (4, "позиції"),
        (5, "позицій"),
        (11, "позицій"),
        (12, "позицій"),
        (14, "позицій"),
        (21, "позиція"),
        (22, "позиції"),
        (101, "позиція"),
        (111, "позицій"),
        (112, "позицій"),
        (-1, "позиція"),
        (Decimal("2.00"), "позиції"),
        (Decimal("1.5"), "позиції"),
        (Decimal("5.5"), "позиції"),
    ],
)
def test_a_count_takes_its_form(count, form):
    assert wording.plural(count, "позиція", "позиції", "позицій") == form


def test_english_takes_one_and_other():
    forms = [wording.plural(count, "item", "items", language="en") for count in (0, 1, 2, 11, 21, Decimal("1.5"))]

    assert forms == ["items", "item", "items", "items", "items", "items"]


def test_a_plural_without_its_forms_says_so():
    with pytest.raises(wording.BadWordingValue) as caught:
        wording.plural(2, "позиція")

    assert caught.value.reason == "forms"


def test_only_the_first_letter_is_raised():
    assert wording.upper_first("їжак ТОВ") == "Їжак ТОВ"
    assert wording.upper_first("") == ""


def test_every_reason_has_its_sentence_in_three_languages():
    reasons = ("not-a-number", "out-of-range", "not-a-date", "unknown-currency", "unknown-language", "forms")

    sentences = {messages.text(f"wording.{reason}", language, value="x1") for reason in reasons for language in LANGUAGES}

    assert len(sentences) == len(reasons) * len(LANGUAGES)
    assert all("x1" in sentence for sentence in sentences)
