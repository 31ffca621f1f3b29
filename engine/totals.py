"""What an order comes to: net, VAT by rate, total. Decimal only, rounded half up to the kopeck.

VAT is rounded once for each rate (the default of FORMS, and what tax offices expect), and spread over the lines so that the lines of a
rate add up to it: each line gets the growth of the running rounded sum.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from engine.model import Order, OrderLine

CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class LineTotals:
    """One line: `net` + `vat` is what it adds to the order's total; `rate` None is "without VAT"."""

    net: Decimal
    vat: Decimal
    rate: Decimal | None


@dataclass(frozen=True, slots=True)
class Tax:
    """VAT of one rate: `rate` per cent of `base` is `amount`."""

    rate: Decimal
    base: Decimal
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Totals:
    """An order's sums; `taxes` highest rate first, `is_vat_included` says whether the lines' prices hold the VAT."""

    net: Decimal
    vat: Decimal
    total: Decimal
    discount: Decimal
    taxes: tuple[Tax, ...]
    lines: tuple[LineTotals, ...]
    is_vat_included: bool


def rounded(value: Decimal) -> Decimal:
    """The value in whole kopecks, halves up.

    >>> rounded(Decimal("2.345"))
    Decimal('2.35')
    """
    return value.quantize(CENT, ROUND_HALF_UP)


def line_total(qty: Decimal, price: Decimal, discount: Decimal = Decimal(0)) -> Decimal:
    """What a line costs where nobody sent its sum.

    >>> line_total(Decimal(3), Decimal("420.00"), Decimal(100))
    Decimal('1160.00')
    """
    return rounded(qty * price - discount)


def totals(order: Order, *, is_vat_payer: bool) -> Totals:
    """Add the order up. A legal entity that does not pay VAT charges none, whatever rates the lines carry.

    >>> line = OrderLine("Кава", Decimal(3), Decimal("40.00"), Decimal("120.00"), vat_rate=Decimal(20))
    >>> from datetime import date
    >>> order = Order("1", "1", date(2026, 11, 24), "UAH", "c", (line,))
    >>> totals(order, is_vat_payer=True).vat, totals(order, is_vat_payer=False).vat
    (Decimal('20.00'), Decimal('0.00'))
    """
    running: dict[tuple[Decimal, bool], tuple[Decimal, Decimal]] = {}
    lines = tuple(_line(line, running, is_vat_payer) for line in order.lines)
    taxes = _taxes(lines)
    net = sum((line.net for line in lines), Decimal("0.00"))
    vat = sum((tax.amount for tax in taxes), Decimal("0.00"))
    discount = rounded(sum((line.discount for line in order.lines), Decimal(0)))
    taxed = [line for line, sums in zip(order.lines, lines, strict=True) if sums.rate is not None]
    is_included = bool(taxed) and all(line.is_vat_included for line in taxed)
    return Totals(net, vat, net + vat, discount, taxes, lines, is_included)


def _line(line: OrderLine, running: dict[tuple[Decimal, bool], tuple[Decimal, Decimal]], is_vat_payer: bool) -> LineTotals:
    total = rounded(line.total)
    if line.vat_rate is None or not is_vat_payer:
        return LineTotals(total, Decimal("0.00"), None)
    key = (line.vat_rate, line.is_vat_included)
    before, vat_before = running.get(key, (Decimal(0), Decimal(0)))
    divisor = 100 + line.vat_rate if line.is_vat_included else Decimal(100)
    vat_after = rounded((before + total) * line.vat_rate / divisor)
    running[key] = (before + total, vat_after)
    vat = vat_after - vat_before
    return LineTotals(total - vat if line.is_vat_included else total, vat, line.vat_rate)


def _taxes(lines: Iterable[LineTotals]) -> tuple[Tax, ...]:
    by_rate: dict[Decimal, tuple[Decimal, Decimal]] = {}
    for line in lines:
        if line.rate is not None:
            base, amount = by_rate.get(line.rate, (Decimal(0), Decimal(0)))
            by_rate[line.rate] = (base + line.net, amount + line.vat)
    return tuple(Tax(rate, *by_rate[rate]) for rate in sorted(by_rate, reverse=True))
