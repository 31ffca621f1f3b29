"""A workspace's worth of data to try docstage on, in its own JSON form. Every name is invented, every check digit is right."""

from __future__ import annotations

import json
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Any

# (process, legal entity, its clients): what the orders go through in turn. Seven, so that no entity falls on the same goods each time.
_TURNS = (
    ("sales", "ua-llc", ("podil", "smith", "hotel", "school", "guest")),
    ("services", "ua-llc", ("hotel", "podil", "smith")),
    ("sales", "ua-sole", ("oconnor", "tymoshchuk", "guest")),
    ("sales", "ru", ("sever", "podyachev")),
    ("sales", "en", ("tearooms", "limassol", "doe")),
    ("sales", "ua-llc", ("school", "tymoshchuk", "hotel", "smith")),
    ("services", "ua-sole", ("oconnor", "school", "podil")),
)
_SIZES = (1, 4, 2, 7, 3, 12, 5, 1, 9, 2, 20)
_PIECES = ("1", "3", "12", "2", "40", "5")
_PARTS = ("0.75", "2.5", "1.2", "10", "0.125")
_DIVISIBLE = {"кг", "м", "год", "ч", "kg", "hour"}
_LANGUAGES = {"ua-llc": "uk", "ua-sole": "uk", "ru": "ru", "en": "en"}
_CURRENCIES = {"ua-llc": "UAH", "ua-sole": "UAH", "ru": "RUB", "en": "EUR"}


def demo_data() -> dict[str, Any]:
    """Four legal entities, 12 clients, 40 orders of 1 to 200 lines, two processes with their rules; the same at every call."""
    orders = [_first(), _second(), *(_order(index) for index in range(2, 40))]
    return {"version": 1, **_file("processes"), **_file("parties"), "orders": orders}


def default_setup() -> dict[str, Any]:
    """The process `sales` and its rules, for a workspace without demo data."""
    setup = _file("processes")
    return {
        "version": 1,
        "processes": [process for process in setup["processes"] if process["slug"] == "sales"],
        "rules": [rule for rule in setup["rules"] if rule["process"] == "sales"],
    }


@cache
def _goods() -> dict[str, Any]:
    return _file("goods")


def _file(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(files(__package__).joinpath(f"{name}.json").read_text("utf-8"))
    return loaded


def _head(index: int, *, process: str, entity: str, client: str) -> dict[str, Any]:
    number = str(1001 + index)
    day = date(2026, 1, 12) + timedelta(days=index * 8)
    return {
        "id": f"demo-{number}",
        "number": number,
        "date": day.isoformat(),
        "currency": _CURRENCIES[entity],
        "client_id": client,
        "entity_id": entity,
        "process": process,
    }


def _first() -> dict[str, Any]:
    """Order 1001: a small one of goods, a decimal quantity and a service, prices with VAT."""
    lines: list[dict[str, Any]] = [
        {"name": "Кава зернова «Гуцульська», 1 кг", "sku": "K-01", "unit": "шт", "qty": "10", "price": "420.00", "discount": "200.00"},
        {"name": "Тростинний цукор, ваговий", "sku": "K-07", "unit": "кг", "qty": "2.5", "price": "74.20"},
        {"name": "Доставка по місту", "sku": "P-03", "unit": "послуга", "qty": "1", "price": "340.00", "is_service": True},
    ]
    return {**_head(0, process="sales", entity="ua-llc", client="podil"), "lines": [{**line, "vat_rate": "20"} for line in lines]}


def _second() -> dict[str, Any]:
    """Order 1002: three of its first line, 1 200.00 in all, for the tutorial that makes five of them."""
    lines = [
        {"name": "Кава зернова «Карпатський ранок», 1 кг", "sku": "K-12", "unit": "шт", "qty": "3", "price": "400.00"},
        {"name": "Чай трав'яний «Полонина», 20 пакетиків", "sku": "K-03", "unit": "упак", "qty": "12", "price": "86.50"},
        {"name": "Чашка з блюдцем «Бісер», 180 мл", "sku": "K-04", "unit": "шт", "qty": "6", "price": "233.33"},
    ]
    return {**_head(1, process="sales", entity="ua-llc", client="smith"), "lines": [{**line, "vat_rate": "20"} for line in lines]}


def _order(index: int) -> dict[str, Any]:
    process, entity, clients = _TURNS[index % len(_TURNS)]
    size = 200 if index == 39 else _SIZES[index % len(_SIZES)]
    head = _head(index, process=process, entity=entity, client=clients[index % len(clients)])
    if entity == "en" and index % 2:
        head["currency"] = "USD"
    if index == 17:
        head["is_cancelled"] = True
    return {**head, "lines": [_line(index, place, process=process, entity=entity) for place in range(size)]}


def _line(index: int, place: int, *, process: str, entity: str) -> dict[str, Any]:
    """A line by arithmetic alone: `index` of the order, `place` in it."""
    language = _LANGUAGES[entity]
    stock = _goods()[language]
    goods = stock["services"] if process == "services" else stock["goods"] + stock["services"][:1]
    which = (index * 3 + place) % len(goods)
    name, unit, unit_code, price, rate = goods[which]
    batch = place // len(goods)
    qty = _pick(_PARTS if unit in _DIVISIBLE else _PIECES, index + place * 2)
    line = {
        "name": f"{name}, {stock['batch']} {batch + 1}" if batch else name,
        "sku": f"{process[0].upper()}-{which + 1:02}",
        "unit": unit,
        "unit_code": unit_code,
        "qty": qty,
        "price": price,
        "vat_rate": None if entity == "ua-sole" else rate,
        "is_vat_included": index % 3 != 0,
        "is_service": process == "services" or which == len(goods) - 1,
    }
    if (index + place) % 5 == 0:
        line["discount"] = str((Decimal(qty) * Decimal(price) / 20).quantize(Decimal("0.01")))
    return line


def _pick(choices: tuple[str, ...], index: int) -> str:
    return choices[index % len(choices)]
