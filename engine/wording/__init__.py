r"""How money, quantities, dates and plurals are written in Ukrainian, Russian and English. Pure: no file, no clock.

A number may be Decimal, int, float or plain text such as "1200.50"; an int counts whole units, so 5000 is five thousand.
What cannot be written raises BadWordingValue.
"""

from __future__ import annotations

import re
from datetime import date as calendar_date
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from babel.dates import format_date

from engine import messages
from engine.wording.en import ENGLISH
from engine.wording.language import Language, Noun
from engine.wording.ru import RUSSIAN
from engine.wording.uk import UKRAINIAN

__all__ = ["BadWordingValue", "date", "date_long", "money", "number", "plural", "upper_first", "words"]

Number = Decimal | int | float | str
Day = calendar_date | str

_LANGUAGES = {"uk": UKRAINIAN, "ru": RUSSIAN, "en": ENGLISH}
_NUMERIC_TEXT = re.compile(r"[+-]?[0-9]{1,40}(\.[0-9]{1,40})?")
_GREATEST = 10**18 - 1  # the tables end at quadrillions
_CENT = Decimal("0.01")


class BadWordingValue(ValueError):
    """A value that cannot be put in words. `reason` is a key of `wording.*` in the message catalogue."""

    def __init__(self, reason: str, value: Any) -> None:
        self.reason, self.value = reason, value
        super().__init__(self.text())

    def text(self, language: str = "en") -> str:
        """The sentence in `language`."""
        return messages.text(f"wording.{self.reason}", language, value=self.value)


def money(value: Number, language: str = "uk") -> str:
    r"""Write a sum with two decimals, without its currency; half a kopeck goes up.

    >>> money(Decimal("1200.5"))
    '1\xa0200,50'
    >>> money("-0.005", "en")
    '-0.01'
    >>> money(1234567, "en")
    '1,234,567.00'
    """
    return _written(f"{_cents(value):,.2f}", _language(language))


def number(value: Number, language: str = "uk") -> str:
    r"""Write a quantity with as many decimals as it has, and no zeros after them.

    >>> number(Decimal("2.50"))
    '2,5'
    >>> number(1200, "ru")
    '1\xa0200'
    >>> number(Decimal("1E+3"), "en")
    '1,000'
    """
    exact = _exact(value)
    text = f"{exact:,f}" if exact else "0"
    return _written(text.rstrip("0").rstrip(".") if "." in text else text, _language(language))


def words(value: Number, currency: str = "UAH", language: str = "uk") -> str:
    """Write a sum in words: the main unit in full, the minor unit as two digits.

    >>> words(Decimal("1200.50"))
    'Одна тисяча двісті гривень 50 копійок'
    >>> words(5000, "RUB", "ru")
    'Пять тысяч рублей 00 копеек'
    >>> words("-21.01", "USD", "en")
    'Minus twenty-one dollars 01 cent'
    >>> words(1, "EUR")
    'Одне євро 00 центів'

    A currency whose forms are not in the tables raises BadWordingValue: paper must never show a guess.
    """
    table = _language(language)
    if currency.upper() not in table.currencies:
        raise BadWordingValue("unknown-currency", currency)
    main, minor = table.currencies[currency.upper()]
    cents = _cents(value)
    units, rest = divmod(int(abs(cents).scaleb(2)), 100)
    sign = f"{table.minus} " if cents < 0 else ""
    spelled = f"{sign}{table.spell(units, main.gender)} {table.form(units, main)}"
    return upper_first(f"{spelled} {rest:02} {table.form(rest, minor)}")


def date(value: Day, language: str = "uk") -> str:
    """Write a day in figures; a time of day or a zone is left out, not converted.

    >>> date("2026-11-24")
    '24.11.2026'
    >>> date(calendar_date(2026, 11, 4), "en")
    '4 Nov 2026'
    """
    return format_date(_day(value), _language(language).date, locale=_language(language).code)


def date_long(value: Day, language: str = "uk") -> str:
    r"""Write a day with its month in words. The spaces are plain but for the one before «р.» or «г.», which does not break.

    >>> date_long("2026-11-24")
    '24 листопада 2026\xa0р.'
    >>> date_long("2026-03-08", "ru")
    '8 марта 2026\xa0г.'
    >>> date_long("2026-11-24T10:30:00+02:00", "en")
    '24 November 2026'
    """
    return format_date(_day(value), _language(language).date_long, locale=_language(language).code)


def plural(count: Number, *forms: str, language: str = "uk") -> str:
    """Choose the form that goes with `count`: three forms for 1, 2 and 5, or two where the last two are alike, as in English.

    >>> [plural(n, "позиція", "позиції", "позицій") for n in (1, 22, 11)]
    ['позиція', 'позиції', 'позицій']
    >>> plural(21, "item", "items", language="en")
    'items'
    >>> plural("1.5", "гривня", "гривні", "гривень")
    'гривні'

    A fraction takes the second form. In Ukrainian that is right for feminine and neuter words; «1,5 метра» has no form here.
    """
    if len(forms) not in (2, 3):
        raise BadWordingValue("forms", ", ".join(forms))
    exact = abs(_exact(count))
    if exact != int(exact):
        return forms[1]
    table = _language(language)
    return table.form(int(exact), Noun(forms[0], forms[1], forms[-1] if table.has_few else forms[1]))


def upper_first(text: str) -> str:
    """Begin with a capital letter and leave the rest as it is.

    >>> upper_first("директор ТОВ «Кава»")
    'Директор ТОВ «Кава»'
    """
    return text[:1].upper() + text[1:]


def _written(text: str, table: Language) -> str:
    return text.translate({ord(","): table.group, ord("."): table.point})


def _cents(value: Number) -> Decimal:
    rounded = _exact(value).quantize(_CENT, rounding=ROUND_HALF_UP)
    return rounded if rounded else abs(rounded)


def _exact(value: Number) -> Decimal:
    exact = _decimal(value)
    if not exact.is_finite():
        raise BadWordingValue("not-a-number", value)
    # A tiny exponent would be written out as a million zeros.
    if abs(exact) > _GREATEST or (exact and exact.adjusted() < -18):
        raise BadWordingValue("out-of-range", value)
    return exact


def _decimal(value: Number) -> Decimal:
    if isinstance(value, Decimal):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return Decimal(value)
    if isinstance(value, float):
        return Decimal(repr(value))
    if isinstance(value, str) and _NUMERIC_TEXT.fullmatch(value.strip()):
        return Decimal(value.strip())
    raise BadWordingValue("not-a-number", value)


def _day(value: Day) -> calendar_date:
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, calendar_date):
        return value
    try:
        return datetime.fromisoformat(value).date()
    except (TypeError, ValueError) as problem:
        raise BadWordingValue("not-a-date", value) from problem


def _language(code: str) -> Language:
    if code not in _LANGUAGES:
        raise BadWordingValue("unknown-language", code)
    return _LANGUAGES[code]
