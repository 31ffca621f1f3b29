"""Where templates run: a sandbox in which a mapping has only its keys, nothing empty is printed unseen, and the filters of the trade."""

from __future__ import annotations

import difflib
import inspect
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date as calendar_date
from decimal import Decimal, InvalidOperation
from functools import cache, wraps
from typing import Any, NoReturn

from jinja2 import StrictUndefined, Undefined
from jinja2.exceptions import SecurityError, TemplateRuntimeError
from jinja2.runtime import Context
from jinja2.sandbox import SandboxedEnvironment
from jinja2.utils import missing

from engine import wording

Filter = Callable[..., Any]
_ILLEGAL = re.compile("[\x00-\x06\x08\x0b\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


class FieldError(TemplateRuntimeError):
    """A field that cannot be printed. `reason` is unknown, empty, whole-object, yes-no or bad-value; `name` is as it was written."""

    def __init__(self, reason: str, name: str, *, value: Any = "", suggestion: str | None = None) -> None:
        self.reason, self.name, self.value, self.suggestion = reason, name, value, suggestion
        super().__init__(f"{reason}: {name}")


class Unknown(StrictUndefined):
    """A name that nothing has: any use of it is an error with the nearest name."""

    __slots__ = ()

    def _fail_with_undefined_error(self, *_: Any, **__: Any) -> NoReturn:
        if self._undefined_exception is SecurityError:
            raise SecurityError(self._undefined_hint or "")
        name, owner = str(self._undefined_name), self._undefined_obj
        path = getattr(owner, "path", "") if owner is not missing else ""
        full = f"{path}.{name}" if path else name
        near = nearest(name, spellings(owner)) if isinstance(owner, Mapping) else None
        raise FieldError("unknown", full, suggestion=f"{path}.{near}" if near and path else near)

    # StrictUndefined copies the method it had; each use must come to ours.
    __iter__ = __str__ = __len__ = __eq__ = __ne__ = __bool__ = __hash__ = __contains__ = _fail_with_undefined_error
    __getattr__ = __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = _fail_with_undefined_error
    __truediv__ = __floordiv__ = __mod__ = __pos__ = __neg__ = __call__ = __getitem__ = _fail_with_undefined_error
    __lt__ = __le__ = __gt__ = __ge__ = __int__ = __float__ = __complex__ = __pow__ = _fail_with_undefined_error


class Empty(Undefined):
    """A field that is known and has nothing in it: false in a condition, taken by `default`, an error when printed."""

    __slots__ = ()

    def __bool__(self) -> bool:
        return False

    def __len__(self) -> int:
        return 0

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Empty) or other in (None, "")

    __hash__ = Undefined.__hash__

    def _fail_with_undefined_error(self, *_: Any, **__: Any) -> NoReturn:
        raise FieldError("empty", str(self._undefined_name))

    __str__ = __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = _fail_with_undefined_error
    __truediv__ = __floordiv__ = __mod__ = __pos__ = __neg__ = __call__ = __getitem__ = _fail_with_undefined_error
    __lt__ = __le__ = __gt__ = __ge__ = __int__ = __float__ = __complex__ = __pow__ = _fail_with_undefined_error


@dataclass(frozen=True)
class Manner:
    """How values are written: the document's language and currency, and the filters that plug-ins bring."""

    language: str = "uk"
    currency: str = ""
    filters: Mapping[str, Filter] = field(default_factory=dict)


class FieldContext(Context):
    """Root names in any letter case."""

    def resolve_or_missing(self, key: str) -> Any:
        found = super().resolve_or_missing(key)
        if found is missing:
            names = {name.casefold(): name for name in self.parent}
            found = super().resolve_or_missing(names.get(key.casefold(), key))
        return found


class FieldEnvironment(SandboxedEnvironment):
    """The sandbox: key-first lookup, and nothing but keys on a mapping."""

    context_class = FieldContext

    def getattr(self, obj: Any, attribute: str) -> Any:
        return self._of(obj, attribute) if isinstance(obj, Mapping) else super().getattr(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        return self._of(obj, argument) if isinstance(obj, Mapping) else super().getitem(obj, argument)

    def _of(self, obj: Mapping[str, Any], name: Any) -> Any:
        try:
            value = obj[name]
        except (KeyError, TypeError):
            return self.undefined(obj=obj, name=name)
        path = getattr(obj, "path", "")
        if value is None or (value == "" and path):
            return Empty(name=f"{path}.{name}" if path else str(name))
        return value


def environment(manner: Manner, *, is_markup: bool) -> FieldEnvironment:
    """The environment of one document; `is_markup` escapes values for XML."""
    made = FieldEnvironment(autoescape=is_markup, undefined=Unknown, finalize=_finalizer(manner))
    bound = {name: _bound(function, manner) for name, function in {**FILTERS, **manner.filters}.items()}
    made.filters = _Filters({**made.filters, **bound})
    return made


def spellings(owner: Mapping[str, Any]) -> Iterable[str]:
    """All names that a mapping answers to."""
    return getattr(owner, "spellings", None) or [str(name) for name in owner]


def nearest(name: str, names: Iterable[str]) -> str | None:
    """The name that was probably meant, or None."""
    return next(iter(difflib.get_close_matches(name, list(names), n=1, cutoff=0.6)), None)


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
                return _ILLEGAL.sub("", value) if _ILLEGAL.search(value) else value
            case bool():
                raise FieldError("yes-no", "", value=value)
            case None:
                raise FieldError("empty", "")
            case Decimal():
                return _written(value, manner.language)
            case calendar_date():
                return wording.date(value, manner.language)
            case Mapping() | list() | tuple() | set():
                raise FieldError("whole-object", getattr(value, "path", ""), value=type(value).__name__)
        if callable(value) and not isinstance(value, Undefined) and not hasattr(value, "__html__"):
            raise FieldError("whole-object", getattr(value, "__name__", ""), value="function")
        return value

    return finalize


def _written(value: Decimal, language: str) -> str:
    """Two decimals are money and keep their zeros; anything else is a quantity."""
    write = wording.money if value.as_tuple().exponent == -2 else wording.number
    return write(value, language) if value.is_finite() else str(value)


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


def merge_filter(name: str, *names: str) -> Callable[[Filter], Filter]:
    """Register a filter under its English name and its names in other languages."""

    def register(function: Filter) -> Filter:
        FILTERS.update(dict.fromkeys((name, *names), function))
        return function

    return register


@merge_filter("money", "гроші", "деньги")
def money(value: Any, language: str = "uk") -> str:
    r"""A sum with two decimals, without its currency.

    >>> money("1200.5")
    '1\xa0200,50'
    """
    return wording.money(value, language)


@merge_filter("words", "прописом", "прописью")
def words(value: Any, currency: str = "UAH", language: str = "uk") -> str:
    """A sum in words, with the currency of the document or the one given.

    >>> words(Decimal("1200.50"))
    'Одна тисяча двісті гривень 50 копійок'
    """
    return wording.words(value, currency, language)


@merge_filter("date", "дата")
def date(value: Any, language: str = "uk") -> str:
    """A day in digits.

    >>> date("2026-11-24")
    '24.11.2026'
    """
    return wording.date(value, language)


@merge_filter("date_long", "дата_повна", "дата_полная")
def date_long(value: Any, language: str = "uk") -> str:
    r"""A day with its month in words.

    >>> date_long("2026-11-24")
    '24 листопада 2026\xa0р.'
    """
    return wording.date_long(value, language)


@merge_filter("plural", "множина", "множественное")
def plural(value: Any, *forms: str, language: str = "uk") -> str:
    """The form of a word that goes with a number: one, few, many.

    >>> plural(3, "позиція", "позиції", "позицій")
    'позиції'
    """
    return wording.plural(value, *forms, language=language)


@merge_filter("qty", "кількість", "количество")
def qty(value: Any, language: str = "uk") -> str:
    """A quantity, without zeros it does not need.

    >>> qty("2.500")
    '2,5'
    """
    try:
        return wording.number(Decimal(str(value)), language)
    except InvalidOperation as error:
        raise wording.BadWordingValue("not-a-number", value) from error


@merge_filter("upper_first", "з_великої", "с_большой")
def upper_first(value: Any) -> str:
    """The text with its first letter large, the others as they are.

    >>> upper_first("директор ТОВ")
    'Директор ТОВ'
    """
    return wording.upper_first(str(value))


@cache
def filter_names() -> tuple[str, ...]:
    """The filters' names in all languages, and Jinja's own."""
    return tuple({**FILTERS, **SandboxedEnvironment().filters})
