"""What templates find when they run: the sandbox with the filters of the trade, and how values look that no filter formatted."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date as calendar_date
from decimal import Decimal, InvalidOperation
from functools import cache, wraps
from typing import Any

from jinja2 import Undefined
from jinja2.sandbox import SandboxedEnvironment

from engine import wording
from engine.fill.sandbox import FieldEnvironment, FieldError, Unknown

Filter = Callable[..., Any]
# A bell and a form feed stay: docxtpl makes a paragraph and a page of them.
_ILLEGAL = re.compile("[\x00-\x06\x08\x0b\x0d-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_LINE_END = re.compile("\r\n?")


@dataclass(frozen=True)
class Manner:
    """How values are written: the document's language and currency, and the filters that plug-ins bring."""

    language: str = "uk"
    currency: str = ""
    filters: Mapping[str, Filter] = field(default_factory=dict)


def environment(manner: Manner, *, is_markup: bool) -> FieldEnvironment:
    """The environment of one document; `is_markup` escapes values for XML."""
    made = FieldEnvironment(autoescape=is_markup, undefined=Unknown, finalize=_finalizer(manner))
    bound = {name.casefold(): _bound(function, manner) for name, function in {**FILTERS, **manner.filters}.items()}
    made.filters = _Filters({**made.filters, **dict.fromkeys(DEFAULT, made.filters["default"]), **bound})
    return made


class _Filters(dict[str, Filter]):
    """Filters by name in any letter case."""

    def __missing__(self, name: str) -> Filter:
        if name.casefold() != name:
            return self[name.casefold()]
        raise KeyError(name)

    def get(self, name: str, default: Any = None) -> Any:
        try:
            return self[name]
        except KeyError:
            return default

    def __contains__(self, name: object) -> bool:
        return super().__contains__(name) or super().__contains__(str(name).casefold())


def _finalizer(manner: Manner) -> Callable[[Any], Any]:
    """What a value that no filter formatted looks like on paper."""

    def finalize(value: Any) -> Any:
        match value:
            case str():
                return _clean(value) if _ILLEGAL.search(value) else value
            case bool():
                raise FieldError("yes-no", "", value=value)
            case None:
                raise FieldError("empty", "")
            case Decimal() | calendar_date():
                return _written(value, manner.language)
            case Mapping() | list() | tuple() | set():
                raise FieldError("whole-object", getattr(value, "path", ""), value=type(value).__name__)
        if callable(value) and not isinstance(value, Undefined) and not hasattr(value, "__html__"):
            raise FieldError("whole-object", getattr(value, "__name__", ""), value="function")
        return value

    return finalize


def _clean(text: str) -> str:
    """Without what no office file can hold: control characters and halves of characters. A line ends in one way."""
    return _ILLEGAL.sub("", _LINE_END.sub("\n", text))


def _written(value: Decimal | calendar_date, language: str) -> str:
    """Two decimals are money and keep their zeros; any other number is a quantity."""
    try:
        if isinstance(value, calendar_date):
            return wording.date(value, language)
        return (wording.money if value.as_tuple().exponent == -2 else wording.number)(value, language)
    except wording.BadWordingValue as error:
        raise FieldError("bad-value", "", value=value, suggestion=error.text(language)) from error


def _bound(function: Filter, manner: Manner) -> Filter:
    """The filter with the document's language and currency where the author gave none, and its complaints as errors of a field."""
    wanted = inspect.signature(function).parameters
    given = {"language": manner.language, "currency": manner.currency or "UAH"}
    defaults = {name: value for name, value in given.items() if name in wanted}
    names = list(wanted)

    @wraps(function)
    def bound(value: Any, *arguments: Any, **named: Any) -> Any:
        if isinstance(value, Undefined):
            str(value)  # raises: an unknown or empty field is told before its filter is tried
        taken = set(names[1 : len(arguments) + 1]) | set(named)
        missing_ones = {name: part for name, part in defaults.items() if name not in taken}
        try:
            return function(value, *arguments, **named, **missing_ones)
        except wording.BadWordingValue as error:
            raise FieldError("bad-value", "", value=value, suggestion=error.text(manner.language)) from error

    return bound


FILTERS: dict[str, Filter] = {}
DEFAULT = ("default", "інакше", "иначе")  # Jinja's own, and what we call it


def merge_filter(name: str, names: Mapping[str, str]) -> Callable[[Filter], Filter]:
    """Register a filter under its English name and its `names` by language."""

    def register(function: Filter) -> Filter:
        FILTERS.update(dict.fromkeys((name, *names.values()), function))
        return function

    return register


@merge_filter("money", names={"uk": "гроші", "ru": "деньги"})
def money(value: Any, language: str = "uk") -> str:
    r"""A sum with two decimals, without its currency.

    >>> money("1200.5")
    '1\xa0200,50'
    """
    return wording.money(value, language)


@merge_filter("words", names={"uk": "прописом", "ru": "прописью"})
def words(value: Any, currency: str = "UAH", language: str = "uk") -> str:
    """A sum in words, with the currency of the document or the one given.

    >>> words(Decimal("1200.50"))
    'Одна тисяча двісті гривень 50 копійок'
    """
    return wording.words(value, currency, language)


@merge_filter("date", names={"uk": "дата", "ru": "дата"})
def date(value: Any, language: str = "uk") -> str:
    """A day in digits.

    >>> date("2026-11-24")
    '24.11.2026'
    """
    return wording.date(value, language)


@merge_filter("date_long", names={"uk": "дата_словами", "ru": "дата_словами"})
def date_long(value: Any, language: str = "uk") -> str:
    r"""A day with its month in words.

    >>> date_long("2026-11-24")
    '24 листопада 2026\xa0р.'
    """
    return wording.date_long(value, language)


@merge_filter("plural", names={"uk": "множина", "ru": "множественное"})
def plural(value: Any, *forms: str, language: str = "uk") -> str:
    """The form of a word that goes with a number: one, few, many.

    >>> plural(3, "позиція", "позиції", "позицій")
    'позиції'
    """
    return wording.plural(value, *forms, language=language)


@merge_filter("qty", names={"uk": "кількість", "ru": "количество"})
def qty(value: Any, language: str = "uk") -> str:
    """A quantity, without zeros it does not need.

    >>> qty("2.500")
    '2,5'
    """
    try:
        return wording.number(Decimal(str(value)), language)
    except InvalidOperation as error:
        raise wording.BadWordingValue("not-a-number", value) from error


@merge_filter("upper_first", names={"uk": "з_великої", "ru": "с_большой"})
def upper_first(value: Any) -> str:
    """The text with its first letter large, the others as they are.

    >>> upper_first("директор ТОВ")
    'Директор ТОВ'
    """
    return wording.upper_first(str(value))


@cache
def filter_names() -> tuple[str, ...]:
    """The filters' names in all languages, and Jinja's own."""
    return tuple(dict.fromkeys((*FILTERS, *DEFAULT, *SandboxedEnvironment().filters)))
