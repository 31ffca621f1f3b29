"""CommerceML 2.05–3.1, the `orders.xml` of 1C, Bitrix and shops -> orders and their clients; `docs/orders.md` tells how."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

from engine.model import Client, Order, OrderLine
from engine.orders.commerceml_party import buyer, first_text
from engine.orders.outcome import Outcome, Refusal, Remark
from engine.orders.xml_stream import Element, children, documents, text
from engine.totals import line_total, rounded, totals

ORDER = "заказ товара"

_CURRENCIES = {
    "UAH": ("грн", "гривна", "гривня", "гривні", "гривны", "гривень", "₴"),
    "RUB": ("руб", "рубль", "рубли", "рублей", "р", "rur", "₽"),
    "BYN": ("бел.руб", "byr"),
    "KZT": ("тенге", "тнг", "₸"),
    "USD": ("дол", "долл", "доллар", "долар", "$"),
    "EUR": ("евро", "євро", "€"),
    "MDL": ("лей", "леи"),
}
_ISO = {word: code for code, words in _CURRENCIES.items() for word in words}
_NUMBER = re.compile(r"-?([0-9]{1,15}(\.[0-9]{1,20})?|\.[0-9]{1,20})")
_RATE = re.compile(r"(?<![0-9.,])[0-9]{1,2}([.,][0-9]{1,4})?(?![0-9])")
_STATE = re.compile(r"\[([^\]]*)\]\s*(.*)", re.DOTALL)
_TRUE = {"true", "1", "да", "так", "истина"}
_FALSE = {"false", "0", "нет", "ні", "ложь"}
_PERSON_ID = re.compile(r"[0-9]+#[^#]*#")


class _Unusable(Exception):
    """A value in `name` that cannot be read, so that the whole order cannot be used."""

    def __init__(self, name: str, value: str, code: str = "bad-value") -> None:
        self.code, self.facts = code, {"name": name, "value": value[:60]}
        super().__init__(name)


def read(path: Path, stages: Mapping[str, str]) -> Iterator[Outcome]:
    """Each order after its client and its remarks. Raises BadOrderFile, also midway, where the file is broken or unsafe."""
    given: dict[str, int] = {}
    seen: set[str] = set()
    states = {key.casefold(): stage for key, stage in stages.items()}
    for document in documents(path, root="КоммерческаяИнформация", within="Контейнер", named="Документ"):
        where = _where(document)
        operation = text(document, "ХозОперация")
        if " ".join(operation.casefold().split()) != ORDER:
            yield Remark(where, "other-operation", {"number": text(document, "Номер"), "operation": operation[:60]})
            continue
        try:
            for outcome in _read_order(document, where, states):
                if isinstance(outcome, Client) and given.get(outcome.id) == hash(outcome):
                    continue
                if isinstance(outcome, Order) and outcome.id in seen:
                    yield Remark(where, "duplicate", {"id": outcome.id})
                yield outcome
                if isinstance(outcome, Client):
                    given[outcome.id] = hash(outcome)
                elif isinstance(outcome, Order):
                    seen.add(outcome.id)
        except _Unusable as error:
            yield Refusal(where, error.code, error.facts)


def _where(document: Element) -> str:
    return f"Документ {first_text(document, 'Номер', 'Ид')[:60]} ({document.sourceline})"


class _Said:
    """The remarks about one order, of one of its lines while `place` counts it."""

    def __init__(self, order: str, where: str) -> None:
        self.order, self.where, self.place = order, where, 0
        self.remarks: list[Remark] = []

    def add(self, code: str, **facts: object) -> None:
        where = f"{self.where} · Товар {self.place}" if self.place else self.where
        self.remarks.append(Remark(where, code, {"order": self.order, **facts}))


def _read_order(document: Element, where: str, states: Mapping[str, str]) -> list[Outcome]:
    """Remarks, client, order."""
    number = first_text(document, "Номер", "Ид")[:200]
    said = _Said(number, where)
    facts = _requisites(document)
    currency = _currency(text(document, "Валюта"))
    client = buyer(document, currency)
    if client is None:
        said.add("no-client")
    order = Order(
        id=_order_id(document, client),
        number=number,
        date=_date(text(document, "Дата")),
        currency=currency,
        client_id=client.id if client else "",
        lines=_lines(document, said),
        stage=_stage(facts.get("статус заказа", ""), states, said),
        note=text(document, "Комментарий")[:10_000],
        is_cancelled=_is_cancelled(document, facts),
    )
    _check_sum(document, order, said)
    return [*said.remarks, *([client] if client else []), order]


def _is_cancelled(document: Element, facts: Mapping[str, str]) -> bool:
    words = (text(document, "ПометкаУдаления"), *(facts.get(name, "") for name in ("отменен", "отменён", "пометкаудаления")))
    return any(word.casefold() in _TRUE for word in words)


def _order_id(document: Element, client: Client | None) -> str:
    """The sender's `Ид`. Some put the buyer's there (Bitrix: `1#login# name`), one for all his orders: then the number tells them apart."""
    sent, number = text(document, "Ид")[:200], text(document, "Номер")[:200]
    if not sent and not number:
        raise _Unusable("Ид", "", "no-id")
    is_buyers = bool(_PERSON_ID.match(sent)) or (client is not None and sent == client.id)
    return f"{sent} №{number}" if is_buyers and number else sent or number


def _check_sum(document: Element, order: Order, said: _Said) -> None:
    sent = text(document, "Сумма")
    if not sent:
        return
    amount = _decimal(sent, "Сумма")
    plain = sum((line.total for line in order.lines), Decimal(0))
    if amount not in (plain, rounded(plain), totals(order, is_vat_payer=True).total):
        said.add("order-sum-differs", sent=amount, computed=plain)


def _stage(state: str, states: Mapping[str, str], said: _Said) -> str:
    """Our stage for «Статус заказа», written `[N] Принят`: by the letter, else by the words. A workspace without a table asks for none."""
    if not state or not states:
        return ""
    parts = _STATE.fullmatch(state)
    keys = [key.strip().casefold() for key in (parts.groups() if parts else (state,))]
    found = next((states[key] for key in (*keys, state.casefold()) if key in states), "")
    if not found:
        said.add("unknown-state", state=state[:60])
    return found


def _lines(document: Element, said: _Said) -> tuple[OrderLine, ...]:
    lines = []
    for place, goods in enumerate(children(document, "Товары", "Товар"), 1):
        said.place = place
        lines.append(_line(goods, said))
    said.place = 0
    return tuple(lines)


def _line(goods: Element, said: _Said) -> OrderLine:
    facts = _requisites(goods)
    qty = _decimal(text(goods, "Количество"), "Количество")
    sent = text(goods, "Сумма")
    price = _price(goods, qty, sent)
    discount = _discount(goods, rounded(qty * price), said)
    computed = line_total(qty, price, discount)
    total = _decimal(sent, "Сумма") if sent else computed
    if total != computed:
        said.add("sum-differs", sent=total, computed=computed)
    kinds = (facts.get("видноменклатуры", ""), facts.get("типноменклатуры", ""))
    unit, unit_code = _unit(goods)
    line = OrderLine(
        name=_name(goods),
        qty=qty,
        price=price,
        total=total,
        unit=unit,
        unit_code=unit_code,
        sku=first_text(goods, "Артикул", "Ид")[:200],
        discount=discount,
        is_service=text(goods, "Ид") == "ORDER_DELIVERY" or any(kind.casefold() in ("услуга", "послуга") for kind in kinds),
    )
    return _taxed(goods, line, said)


def _name(goods: Element) -> str:
    name = first_text(goods, "Наименование", "ПолноеНаименование")
    if not name or len(name) > 10_000:
        raise _Unusable("Наименование", name)
    return name


def _price(goods: Element, qty: Decimal, total: str) -> Decimal:
    sent = first_text(goods, "ЦенаЗаЕдиницу", "Цена")
    if not sent and total and qty:
        return rounded(_decimal(total, "Сумма") / qty)
    return _decimal(sent, "ЦенаЗаЕдиницу")


def _discount(goods: Element, full: Decimal, said: _Said) -> Decimal:
    """The discounts that the sum of the line holds already; of others it is only said that there are."""
    total = Decimal(0)
    for discount in children(goods, "Скидки", "Скидка"):
        sum_sent, percent = text(discount, "Сумма"), text(discount, "Процент")
        amount = _decimal(sum_sent, "Скидка") if sum_sent else rounded(full * _decimal(percent or "0", "Процент") / 100)
        if text(discount, "УчтеноВСумме").casefold() not in _FALSE:
            total += amount
        elif amount:
            said.add("discount-not-in-sum", discount=amount)
    return total


def _taxed(goods: Element, line: OrderLine, said: _Said) -> OrderLine:
    """The line with its VAT; without a rate, or with the words «Без НДС», it is without VAT."""
    for tax in children(goods, "Налоги", "Налог") or children(goods, "СтавкиНалогов", "СтавкаНалога"):
        name = text(tax, "Наименование")
        if name and not any(word in name.casefold() for word in ("ндс", "пдв", "vat")):
            said.add("other-tax", name=name[:60])
            continue
        is_included = text(tax, "УчтеноВСумме").casefold() not in _FALSE
        line = replace(line, vat_rate=_rate(text(tax, "Ставка") or name), is_vat_included=is_included)
    return line


def _rate(words: str) -> Decimal | None:
    """The per cent in «20», «20 %», «НДС 22%», «20/120»; None for words without a number, as «Без НДС»."""
    found = _RATE.search(words)
    if not found:
        if any(character.isdigit() for character in words):
            raise _Unusable("Ставка", words)
        return None
    rate = Decimal(found[0].replace(",", "."))
    return rate.quantize(Decimal(1)) if rate == rate.to_integral_value() else rate


def _unit(goods: Element) -> tuple[str, str]:
    """The unit's short name and its OKEI code, of `БазоваяЕдиница` (a text with attributes) or of `Единица` (elements)."""
    short = code = full = ""
    for unit in (*children(goods, "БазоваяЕдиница"), *children(goods, "Единица")):
        own = (unit.text or "").strip()
        code = code or unit.get("Код", "") or text(unit, "Код") or (own if own.isdigit() else "")
        short = short or ("" if own.isdigit() else own) or unit.get("НаименованиеКраткое", "") or text(unit, "НаименованиеКраткое")
        full = full or unit.get("НаименованиеПолное", "") or text(unit, "НаименованиеПолное")
    return (short or full)[:200], code[:20]


def _requisites(element: Element) -> dict[str, str]:
    """`ЗначенияРеквизитов` by name in lower case."""
    values = children(element, "ЗначенияРеквизитов", "ЗначениеРеквизита")
    return {text(value, "Наименование").casefold(): text(value, "Значение") for value in values}


def _currency(word: str) -> str:
    if re.fullmatch("[A-Za-z]{3}", word) and word.casefold() not in _ISO:
        return word.upper()
    found = _ISO.get(word.casefold().rstrip("."))
    if not found:
        raise _Unusable("Валюта", word, "unknown-currency")
    return found


def _date(sent: str) -> date:
    """The day of `2026-11-24`, `2026-11-24T09:00:00` or `24.11.2026 9:00:00`; the time is not kept."""
    day = sent.replace("T", " ").partition(" ")[0]
    try:
        return date.fromisoformat(day) if "-" in day else datetime.strptime(day, "%d.%m.%Y").date()  # noqa: DTZ007  # a day, not a moment
    except ValueError as error:
        raise _Unusable("Дата", sent) from error


def _decimal(sent: str, name: str) -> Decimal:
    """The number as 1C writes it: with spaces between thousands and a comma, in a localised export."""
    plain = "".join(sent.split())
    if "." not in plain:
        plain = plain.replace(",", ".", 1)
    if not _NUMBER.fullmatch(plain):
        raise _Unusable(name, sent)
    return Decimal(plain)
