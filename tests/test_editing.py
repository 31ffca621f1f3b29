from decimal import Decimal

import pytest

from engine.context import sample
from engine.editing import changed
from engine.errors import BadChange


def test_five_units_instead_of_three_make_a_new_sum_of_the_line():
    case = changed(sample("uk"), {"items.1.qty": "5"})

    line = case.order.lines[0]
    assert (line.qty, line.total) == (Decimal(5), Decimal("1933.33"))
    assert case.order.lines[1] == sample("uk").order.lines[1]


def test_a_sum_that_was_given_wins_over_the_computed_one():
    case = changed(sample("uk"), {"items.1.qty": "5", "items.1.total": "1 999,50"})

    assert case.order.lines[0].total == Decimal("1999.50")


def test_a_requisite_of_the_client_can_be_changed_on_one_document():
    case = changed(sample("uk"), {"client.address": "м. Львів", "client.signer.post": "голова", "order.basis": "заявка № 3"})

    assert (case.client.address, case.client.signer.post, case.order.basis) == ("м. Львів", "голова", "заявка № 3")


def test_an_emptied_vat_rate_is_without_vat():
    assert changed(sample("uk"), {"items.1.vat_rate": ""}).order.lines[0].vat_rate is None


@pytest.mark.parametrize(
    ("path", "value", "reason"),
    [
        ("items.9.qty", "1", "no-such-line"),
        ("items.0.qty", "1", "no-such-line"),
        ("items.x.qty", "1", "no-such-line"),
        ("items.1", "1", "no-such-field"),
        ("items.1.qtty", "1", "no-such-field"),
        ("items.1.qty", "багато", "not-a-number"),
        ("items.1.qty", "NaN", "not-a-number"),
        ("items.1.qty", "1e400", "not-a-number"),
        ("items.1.qty", "-2", "negative"),
        ("items.1.name.x", "1", "no-such-field"),
        ("order.number", "7", "no-such-field"),
        ("order.date", "завтра", "not-a-date"),
        ("client.signer", "x", "whole-record"),
        ("client.id", "x", "no-such-field"),
        ("entity.is_vat_payer", "можливо", "not-yes-no"),
        ("warehouse.name", "x", "no-such-field"),
        ("items.1.__class__", "x", "no-such-field"),
    ],
)
def test_a_change_that_makes_no_sense_is_refused_and_says_why(path, value, reason):
    with pytest.raises(BadChange) as caught:
        changed(sample("uk"), {path: value})

    assert caught.value.facts["reason"] == reason
    assert path in caught.value.text("uk")


def test_a_discount_keeps_its_share_when_the_quantity_changes():
    line = changed(sample("uk"), {"items.1.qty": "6"}).order.lines[0]

    assert (line.discount, line.total) == (Decimal("200.00"), Decimal("2320.00"))
    assert changed(sample("uk"), {"items.1.qty": "6", "items.1.discount": "100"}).order.lines[0].total == Decimal("2420.00")


@pytest.mark.parametrize(
    "change",
    [{"items.1.qty": "0"}, {"items.1.vat_rate": "200"}, {"items.1.discount": "99999"}, {"items.1.price": "1", "items.1.discount": "5"}],
)
def test_a_slip_of_the_finger_is_no_change(change):
    with pytest.raises(BadChange):
        changed(sample("uk"), change)
