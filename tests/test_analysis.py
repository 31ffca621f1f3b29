"""One chain from text to terms: what is written in many ways is found in all of them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.analysis import clean, forms, joined, places, words


def terms(text):
    return {form for word in words(clean(text)) for form in word.forms}


def finds(query, text):
    """Every word of the query is in the text."""
    return all(set(word.asked) & terms(text) for word in words(joined(clean(query))))


@pytest.mark.parametrize(
    ("asked", "written"),
    [
        ("рахунок", "рахунку"),
        ("рахунку", "рахунок"),
        ("договорів", "договору"),
        ("договір", "договорів"),
        ("постачання", "постачанням"),
        ("кав'ярня", "кав’ярні"),
        ("поставка", "поставки"),
        ("поставки", "поставка"),
        ("договоров", "договор"),
        ("объём", "объема"),
        ("invoices", "invoice"),
        ("delivered", "delivery of goods delivered"),
        ("ТОВ", "тов"),
    ],
)
def test_a_word_is_found_in_another_form(asked, written):
    assert finds(asked, written)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("об'єкт", "об’єкт"),
        ("об'єкт", "обʼєкт"),
        ("ґанок", "ганок"),
        ("счёт", "счет"),
        ("ї", "і\u0308"),
        ("йод", "и\u0306од"),
        ("дого\u00adвір", "договір"),
    ],
)
def test_spellings_of_one_word_are_one(one, other):
    assert terms(one) & terms(other)
    assert finds(one, other)
    assert finds(other, one)


@pytest.mark.parametrize("written", ["1 200,50", "1\u00a0200,50", "1\u202f200,50", "1200.50", "1200,5", "1,200.50", "1.200,50"])
@pytest.mark.parametrize("asked", ["1 200,50", "1200.50", "1\u00a0200,5", "1200"])
def test_a_sum_is_found_however_it_is_written(asked, written):
    assert finds(asked, f"Разом до сплати: {written} грн")


@pytest.mark.parametrize(
    "written", ["24 листопада 2026 р.", "24 ноября 2026 г.", "24.11.2026", "2026-11-24", "24/11/2026", "November 24, 2026"]
)
@pytest.mark.parametrize("asked", ["24 листопада 2026", "24.11.2026", "2026-11-24", "24 November 2026"])
def test_a_day_is_found_however_it_is_written(asked, written):
    assert finds(asked, f"Київ, {written}")


@pytest.mark.parametrize("asked", ["25.11.2026", "24 жовтня 2026", "2025-11-24"])
def test_another_day_is_not_found(asked):
    assert not finds(asked, "24 листопада 2026 р., 24.11.2026")


@pytest.mark.parametrize(
    "asked", ["РХ-2026-0001", "рх-2026-0001", "РХ-2026", "2026-0001", "0001", "001", "1", "РХ", "PX-2026-0001", "РХ/2026/0001"]
)
def test_a_document_number_is_found_by_its_parts(asked):
    assert finds(asked, "Рахунок № РХ-2026-0001 від")


@pytest.mark.parametrize("asked", ["РХ-2026-0002", "0002", "РХ-2025", "2026-001"])
def test_another_number_is_not_found(asked):
    assert not finds(asked, "Рахунок № РХ-2026-0001 від")


@pytest.mark.parametrize(
    ("asked", "written"),
    [
        ("UA213223130000026007233566001", "р/р UA213223130000026007233566001 в АТ"),
        ("oksana@example.com.ua", "пишіть: Oksana@example.com.ua."),
        ("oksana", "oksana@example.com.ua"),
        ("2026", "у 2026р."),
        ("0001", "акт_0001_підписаний.pdf"),
        ("100 500,00", "кава 5 100 500,00"),
        ("123-45-67", "тел. +38 (044) 123-45-67"),
        ("044", "тел. +38 044 123-45-67"),
        ("1250", "1,250 kg"),
        ("1,25", "1,250 кг"),
    ],
)
def test_what_people_look_for_is_found(asked, written):
    assert finds(asked, written)


def test_places_are_the_letters_of_the_words():
    text = clean("Рахунок № РХ-2026-0001 від «24» листопада 2026 р., разом 1 200,50 грн.")

    assert [text[start:end] for start, end in places(text)] == [
        "Рахунок", "РХ-2026-0001", "від", "24» листопада 2026", "листопада", "2026", "р", "разом", "1 200,50", "грн",
    ]  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.text(st.sampled_from("аіїыёх'’-–/.,@_«» \n\u00a01290zZ№½\u0306+"), max_size=60) | st.text(max_size=60))
def test_the_three_ways_to_read_a_text_agree(text):
    text = clean(text)
    found = list(words(text))

    assert [word.forms for word in found] == forms(text)
    assert [(word.start, word.end) for word in found] == places(text)
    assert all(word.forms and set(word.asked) for word in found)
