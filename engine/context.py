"""Records -> merge fields: everything a template may name, in three languages and any letter case.

`MERGE_FIELDS` is the one table of names; `docstage fields`, the check of templates and the authoring guide read it. What a field means
stands in `engine/messages/fields.*.toml` under `fields.<group>.<name>`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any

from engine.model import BankAccount, Case, Client, LegalEntity, Order, OrderLine, Person
from engine.totals import LineTotals, Totals, totals


@dataclass(frozen=True, slots=True)
class MergeField:
    """One name of a group with its other spellings; `type` is text, money, number, date, yes-no, a group or `list of <group>`."""

    group: str
    name: str
    uk: str
    ru: str
    type: str


def _group(group: str, rows: str) -> list[MergeField]:
    return [MergeField(group, *row.split(maxsplit=3)) for row in rows.strip().splitlines()]


_PARTY = """
    name        назва            название           text
    full_name   повна_назва      полное_название    text
    code        код              код                text
    vat_number  номер_пдв        номер_ндс          text
    kpp         кпп              кпп                text
    country     країна           страна             text
    address     адреса           адрес              text
    phone       телефон          телефон            text
    email       пошта            почта              text
    basis       підстава         основание          text
    signer      підписант        подписант          person
    account     рахунок          счет               account
"""

MERGE_FIELDS: tuple[MergeField, ...] = (
    *_group(
        "root",
        """
    document    документ         документ           document
    order       замовлення       заказ              order
    client      клієнт           клиент             client
    entity      юрособа          юрлицо             entity
    author      автор            автор              text
""",
    ),
    *_group(
        "document",
        """
    number      номер            номер              text
    date        дата             дата               date
    name        назва            название           text
    revision    редакція         редакция           number
    language    мова             язык               text
""",
    ),
    *_group(
        "order",
        """
    number      номер            номер              text
    date        дата             дата               date
    items       позиції          позиции            list of item
    count       кількість        количество         number
    net         без_пдв          без_ндс            money
    vat         пдв              ндс                money
    total       сума             сумма              money
    discount    знижка           скидка             money
    taxes       податки          налоги             list of tax
    currency    валюта           валюта             text
    basis       підстава         основание          text
    note        примітка         примечание         text
    is_vat_included з_пдв        с_ндс              yes-no
""",
    ),
    *_group(
        "item",
        """
    number      номер            номер              number
    name        назва            название           text
    sku         артикул          артикул            text
    qty         кількість        количество         number
    unit        одиниця          единица            text
    unit_code   код_одиниці      код_единицы        text
    price       ціна             цена               money
    discount    знижка           скидка             money
    total       сума             сумма              money
    net         без_пдв          без_ндс            money
    vat         пдв              ндс                money
    vat_rate    ставка_пдв       ставка_ндс         number
    is_service  послуга          услуга             yes-no
""",
    ),
    *_group(
        "tax",
        """
    rate        ставка           ставка             number
    base        база             база               money
    amount      сума             сумма              money
""",
    ),
    *_group("client", _PARTY + "    contact     контакт          контакт            person\n"),
    *_group(
        "entity",
        _PARTY
        + """
    is_vat_payer платник_пдв     плательщик_ндс     yes-no
    tax_note    податкова_примітка налоговое_примечание text
    city        місто            город              text
    accountant  бухгалтер        бухгалтер          person
""".lstrip("\n"),
    ),
    *_group(
        "person",
        """
    name        піб              фио                text
    post        посада           должность          text
    name_genitive піб_родовий    фио_родительный    text
    post_genitive посада_родовий должность_родительный text
""",
    ),
    *_group(
        "account",
        """
    number      номер            номер              text
    bank        банк             банк               text
    bic         мфо              бик                text
    corr_number кореспондентський корреспондентский text
""",
    ),
)


class Fields(Mapping[str, Any]):
    """The fields of one group, by any of their spellings in any letter case; iterating gives the English names."""

    __slots__ = ("_group", "_values", "path")

    def __init__(self, group: str, path: str, values: Mapping[str, Any]) -> None:
        self.path, self._group, self._values = path, group, values

    def __getitem__(self, name: str) -> Any:
        return self._values[_names(self._group)[_folded(name)]]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    @property
    def spellings(self) -> tuple[str, ...]:
        """All names in all languages, for suggestions."""
        return tuple(spelling for field in fields_of(self._group) for spelling in dict.fromkeys((field.name, field.uk, field.ru)))


def merge_fields(case: Case, document: Mapping[str, Any], author: str) -> dict[str, Any]:
    """What a template is filled with, under every spelling of the root names.

    `document` gives number, date, name, revision and language. Money has two decimals, a quantity none it does not need.
    """
    sums = totals(case.order, is_vat_payer=case.entity.is_vat_payer)
    roots = {
        "document": Fields("document", "document", document),
        "order": _order(case.order, sums),
        "client": _party("client", case.client),
        "entity": _party("entity", case.entity),
        "author": author,
    }
    return {spelling: roots[field.name] for field in fields_of("root") for spelling in (field.name, field.uk, field.ru)}


@cache
def fields_of(group: str) -> tuple[MergeField, ...]:
    """The rows of `MERGE_FIELDS` of one group, in order."""
    return tuple(field for field in MERGE_FIELDS if field.group == group)


def sample(language: str) -> Case:
    """An order with every field filled, for checks and previews without an order; its parties are invented."""
    person = Person("Коваленко Олена Петрівна", "директор", "Коваленко Олени Петрівни", "директора")
    account = BankAccount("UA223052990000026001234567890", "АТ «Зразковий банк»", "305299", "30101810000000000299")
    requisites: dict[str, Any] = {
        "country": "UA",
        "language": language,
        "code": "31234562",
        "vat_number": "312345626543",
        "kpp": "770701001",
        "address": "01001, м. Київ, вул. Прикладна, буд. 7",
        "phone": "+380 44 123-45-67",
        "basis": "Статуту",
        "signer": person,
        "account": account,
    }
    name = "Товариство з обмеженою відповідальністю"
    client = Client("sample", "ТОВ «Зразок»", f"{name} «Зразок»", email="office@zrazok.example", contact=person, **requisites)
    entity = LegalEntity(
        "sample",
        "ТОВ «Наша фірма»",
        f"{name} «Наша фірма»",
        email="office@firma.example",
        tax_note="платник податку на прибуток на загальних підставах",
        city="Київ",
        accountant=person,
        **requisites,
    )
    return Case(_sample_order(), client, entity)


def _sample_order() -> Order:
    goods = OrderLine(
        "Кава зернова «Карпатська» 1 кг",
        Decimal(3),
        Decimal("420.00"),
        Decimal("1160.00"),
        unit="шт",
        unit_code="796",
        sku="K-1",
        discount=Decimal(100),
        vat_rate=Decimal(20),
    )
    service = OrderLine(
        "Доставка",
        Decimal("1.5"),
        Decimal("27.00"),
        Decimal("40.50"),
        unit="год",
        unit_code="356",
        sku="D-1",
        vat_rate=Decimal(7),
        is_service=True,
    )
    basis = "договір № 7 від 01.10.2026"
    return Order("sample", "1002", date(2026, 11, 24), "UAH", "sample", (goods, service), "sample", "sales", "new", basis, "Примітка")


def sample_document(language: str) -> dict[str, Any]:
    """What `merge_fields` takes as `document` where there is no document: the word SAMPLE stands in the number."""
    return {"number": "ЗРАЗОК-0000", "date": date(2026, 11, 24), "name": "Зразок", "revision": 1, "language": language}


def _order(order: Order, sums: Totals) -> Fields:
    pairs = zip(order.lines, sums.lines, strict=True)
    items = [_item(position, line, line_sums) for position, (line, line_sums) in enumerate(pairs, start=1)]
    taxes = [Fields("tax", "tax", {"rate": _plain(tax.rate), "base": tax.base, "amount": tax.amount}) for tax in sums.taxes]
    values = {
        "number": order.number,
        "date": order.date,
        "items": items,
        "count": len(items),
        "net": sums.net,
        "vat": sums.vat,
        "total": sums.total,
        "discount": sums.discount,
        "taxes": taxes,
        "currency": order.currency,
        "basis": order.basis,
        "note": order.note,
        "is_vat_included": sums.is_vat_included,
    }
    return Fields("order", "order", values)


def _item(position: int, line: OrderLine, sums: LineTotals) -> Fields:
    values = {
        "number": position,
        "name": line.name,
        "sku": line.sku,
        "qty": _plain(line.qty),
        "unit": line.unit,
        "unit_code": line.unit_code,
        "price": _money(line.price),
        "discount": _money(line.discount),
        "total": _money(line.total),
        "net": sums.net,
        "vat": sums.vat,
        "vat_rate": None if sums.rate is None else _plain(sums.rate),
        "is_service": line.is_service,
    }
    return Fields("item", "item", values)


def _party(path: str, party: Client | LegalEntity) -> Fields:
    values: dict[str, Any] = {}
    for field in fields_of(path):
        value = getattr(party, field.name)
        match value:
            case Person():
                value = Fields(
                    "person",
                    f"{path}.{field.name}",
                    {name.name: getattr(value, name.name) for name in fields_of("person")},
                )
            case BankAccount():
                value = Fields(
                    "account",
                    f"{path}.{field.name}",
                    {name.name: getattr(value, name.name) for name in fields_of("account")},
                )
        values[field.name] = value
    return Fields(path, path, values)


def _money(value: Decimal) -> Decimal:
    """At least two decimals: a price of 1.2345 a piece keeps its four."""
    exponent = value.as_tuple().exponent
    return value if isinstance(exponent, int) and exponent < -2 else value.quantize(Decimal("0.01"))


def _plain(value: Decimal) -> Decimal:
    """Without the zeros at the end that a sender's format left: 3.000 -> 3, 20 -> 20."""
    return value.quantize(Decimal(1)) if value == value.to_integral_value() else value.normalize()


@cache
def _names(group: str) -> Mapping[str, str]:
    names: dict[str, str] = {}
    for field in fields_of(group):
        for spelling in (field.name, field.uk, field.ru):
            names.setdefault(_folded(spelling), field.name)
    return names


def _folded(name: str) -> str:
    return name.casefold().replace("ё", "е")
