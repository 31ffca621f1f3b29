from decimal import Decimal

import pytest

from engine import messages
from engine.context import MERGE_FIELDS, merge_fields, sample, sample_document
from engine.model import LANGUAGES


@pytest.fixture
def fields():
    return merge_fields(sample("uk"), sample_document("uk"), "Оксана")


def test_a_field_has_a_name_in_each_language_in_any_letter_case(fields):
    assert fields["order"]["total"] == fields["замовлення"]["сума"] == fields["заказ"]["СУММА"] == Decimal("1200.50")
    assert fields["client"]["account"]["number"] == fields["клієнт"]["Рахунок"]["Номер"] == fields["клиент"]["счёт"]["номер"]


def test_the_lines_of_an_order_are_its_items_and_not_a_method(fields):
    assert [item["name"] for item in fields["order"]["items"]] == ["Кава зернова «Карпатська» 1 кг", "Доставка"]
    assert [item["number"] for item in fields["order"]["items"]] == [1, 2]


def test_money_has_two_decimals_and_a_quantity_none_it_does_not_need(fields):
    first, second = fields["order"]["items"]

    assert (str(first["price"]), str(first["qty"]), str(first["vat_rate"])) == ("420.00", "3", "20")
    assert str(second["qty"]) == "1.5"


def test_vat_is_told_by_rate(fields):
    taxes = [(str(tax["rate"]), str(tax["base"]), str(tax["amount"])) for tax in fields["order"]["taxes"]]

    assert taxes == [("20", "966.67", "193.33"), ("7", "37.85", "2.65")]


def test_no_spelling_means_two_fields_of_a_group_and_none_has_an_apostrophe():
    for group in {field.group for field in MERGE_FIELDS}:
        spelled: dict[str, str] = {}
        for field in MERGE_FIELDS:
            if field.group == group:
                for spelling in {field.name, field.uk, field.ru}:
                    assert spelled.setdefault(spelling.casefold(), field.name) == field.name
                    assert not set(spelling) & set("'’ʼ")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_field_says_what_it_is(language):
    for field in MERGE_FIELDS:
        group = "party" if field.group in ("client", "entity") else field.group
        assert messages.has(f"fields.{group}.{field.name}", language)
