"""The buyer of a CommerceML document -> client. Any part may be missing: the document that needs it will say so."""

from __future__ import annotations

from engine.model import BankAccount, Client, Person
from engine.orders.xml_stream import Element, children, text

_LANGUAGES = {"UA": "uk", "RU": "ru"}
_LIMIT = 10_000


def first_text(element: Element, *names: str) -> str:
    """The text of the first of these children that has any."""
    return next((found for name in names if (found := text(element, name))), "")


def buyer(document: Element, currency: str) -> Client | None:
    """The client of a document in `currency`; None where there is none, or nothing that tells him from others."""
    party = _buyer_of(children(document, "Контрагенты", "Контрагент"))
    if party is None:
        return None
    name = first_text(party, "Наименование", "ОфициальноеНаименование", "ПолноеНаименование") or _person_name(party)
    code = first_text(party, "ЕДРПОУ", "ИНН")
    client_id = text(party, "Ид") or (f"ИНН {code}" if code else name)
    if not client_id:
        return None
    country = _country(party, code, currency)
    return Client(
        id=client_id[:200],
        name=(name or client_id)[:_LIMIT],
        full_name=first_text(party, "ОфициальноеНаименование", "ПолноеНаименование", "ЮридическоеНаименование")[:_LIMIT],
        country=country,
        language=_LANGUAGES.get(country, ""),
        code=code[:200],
        vat_number=text(party, "ИНН")[:200] if text(party, "ЕДРПОУ") else "",
        kpp=text(party, "КПП")[:200],
        address=_address(party),
        phone=_contact(party, ("телефон", "phone", "мобильный", "мобільний")),
        email=_contact(party, ("почта", "пошта", "mail"), must_have="@"),
        contact=_representative(party),
        account=_account(party),
    )


def _buyer_of(parties: list[Element]) -> Element | None:
    """The party whose role is «Покупатель», with or without a level between; a single party without a role is the buyer too."""
    for party in parties:
        roles = {text(party, "Роль"), text(party, "Контрагент", "Роль"), text(party, "Роли", "Роль")}
        if any(role.casefold() in ("покупатель", "покупець") for role in roles):
            return next(iter(children(party, "Контрагент")), party)
    return parties[0] if len(parties) == 1 and not text(parties[0], "Роль") else None


def _person_name(party: Element) -> str:
    return " ".join(part for part in (text(party, "Фамилия"), text(party, "Имя"), text(party, "Отчество")) if part)


def _country(party: Element, code: str, currency: str) -> str:
    """UA or RU where the kind of code and the currency agree on it, else unknown: a wrong country would print wrong requisites."""
    if text(party, "ЕДРПОУ") or (currency == "UAH" and code.isdigit() and len(code) in (8, 10)):
        return "UA"
    return "RU" if currency == "RUB" and code.isdigit() and len(code) in (10, 12) else ""


def _address(party: Element) -> str:
    """The legal address if there is any, as one text or joined of its fields."""
    for kind in ("ЮридическийАдрес", "АдресРегистрации", "Адрес", "ФактическийАдрес", "ПочтовыйАдрес"):
        for address in children(party, kind):
            fields = (text(field, "Значение") for field in children(address, "АдресноеПоле"))
            if whole := text(address, "Представление") or ", ".join(field for field in fields if field):
                return whole[:_LIMIT]
    return ""


def _contact(party: Element, kinds: tuple[str, ...], *, must_have: str = "") -> str:
    """The first contact of these kinds: «Почта», «Электронная почта», «E-Mail»; a postal address has no «@»."""
    for contact in children(party, "Контакты", "Контакт"):
        kind, value = first_text(contact, "Тип", "КонтактВид").casefold(), text(contact, "Значение")
        if value and must_have in value and any(word in kind for word in kinds):
            return value[:_LIMIT]
    return ""


def _representative(party: Element) -> Person:
    """The contact person, else the first representative."""
    people = children(party, "Представители", "Представитель", "Контрагент") or children(party, "Представители", "Представитель")
    if not people:
        return Person()
    person = next((one for one in people if "контакт" in text(one, "Отношение").casefold()), people[0])
    return Person(name=(text(person, "Наименование") or _person_name(person))[:_LIMIT], post=text(person, "Должность")[:_LIMIT])


def _account(party: Element) -> BankAccount:
    for account in children(party, "РасчетныеСчета", "РасчетныйСчет"):
        bank = next(iter(children(account, "Банк")), account)
        bank_name = text(bank, "Наименование")
        return BankAccount(
            number=text(account, "НомерСчета"), bank=bank_name, bic=text(bank, "БИК"), corr_number=text(bank, "СчетКорреспондентский")
        )
    return BankAccount()
