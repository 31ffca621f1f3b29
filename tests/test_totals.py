from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.model import Order, OrderLine
from engine.totals import line_total, totals


def order_of(*lines: OrderLine) -> Order:
    return Order("1", "1", date(2026, 11, 24), "UAH", "c", lines)


def line(total: str, rate: str | None = "20", *, included: bool = True) -> OrderLine:
    return OrderLine("Кава", Decimal(1), Decimal(total), Decimal(total), vat_rate=rate and Decimal(rate), is_vat_included=included)


@pytest.mark.parametrize(
    ("lines", "net", "vat", "total"),
    [
        ([line("1200.00")], "1000.00", "200.00", "1200.00"),
        ([line("1000.00", included=False)], "1000.00", "200.00", "1200.00"),
        ([line("0.10"), line("0.10"), line("0.10")], "0.25", "0.05", "0.30"),
        ([line("107.00", "7"), line("120.00"), line("50.00", None)], "250.00", "27.00", "277.00"),
        ([line("1224.88", "22")], "1004.00", "220.88", "1224.88"),
        ([line("100.00", "0")], "100.00", "0.00", "100.00"),
    ],
)
def test_an_order_adds_up(lines, net, vat, total):
    sums = totals(order_of(*lines), is_vat_payer=True)

    assert [str(value) for value in (sums.net, sums.vat, sums.total)] == [net, vat, total]


def test_a_legal_entity_that_pays_no_vat_charges_none():
    sums = totals(order_of(line("1200.00"), line("1000.00", included=False)), is_vat_payer=False)

    assert (sums.vat, sums.taxes, sums.total) == (Decimal("0.00"), (), Decimal("2200.00"))


def test_rates_are_listed_highest_first_with_their_bases():
    sums = totals(order_of(line("107.00", "7"), line("120.00"), line("12.00")), is_vat_payer=True)

    assert [(str(tax.rate), str(tax.base), str(tax.amount)) for tax in sums.taxes] == [("20", "110.00", "22.00"), ("7", "100.00", "7.00")]


money = st.decimals("0.01", "99999.99", places=2)


@given(st.lists(st.tuples(money, st.sampled_from(["20", "7", "0", None]), st.booleans()), min_size=1, max_size=40))
def test_the_lines_always_add_up_to_the_totals(rows):
    sums = totals(order_of(*(line(str(total), rate, included=included) for total, rate, included in rows)), is_vat_payer=True)

    assert sum(part.net for part in sums.lines) == sums.net
    assert sum(part.vat for part in sums.lines) == sums.vat == sum(tax.amount for tax in sums.taxes)
    assert sums.net + sums.vat == sums.total


def test_a_line_costs_quantity_times_price_less_the_discount():
    assert line_total(Decimal("2.5"), Decimal("64.35")) == Decimal("160.88")
    assert line_total(Decimal(3), Decimal(420), Decimal(100)) == Decimal("1160.00")
