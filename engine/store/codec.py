"""Records as JSON and back, by their fields and types: one place for all of them."""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import Enum, StrEnum
from typing import Any, TypeVar

Record = TypeVar("Record")


def encoded(value: Any) -> Any:
    """A record, or a value within one, as JSON has it: decimals as strings, dates as ISO text."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: encoded(getattr(value, field.name)) for field in dataclasses.fields(value)}
    match value:
        case StrEnum() | Decimal():
            return str(value)
        case datetime() | date():
            return value.isoformat()
        case Mapping():
            return {str(key): encoded(part) for key, part in value.items()}
        case list() | tuple():
            return [encoded(part) for part in value]
    return value


def decoded(kind: type[Record], data: Mapping[str, Any]) -> Record:
    """The record of `kind` that `encoded` made `data` from; fields that `data` lacks get their defaults."""
    hints = _hints(kind)
    return kind(**{name: _value(hints[name], part) for name, part in data.items() if name in hints})


_HINTS: dict[type, dict[str, Any]] = {}


def _hints(kind: type) -> dict[str, Any]:
    """The types of a record's fields; resolving them costs more than decoding, so they are kept."""
    if kind not in _HINTS:
        _HINTS[kind] = typing.get_type_hints(kind)
    return _HINTS[kind]


def _value(hint: Any, value: Any) -> Any:
    origin = typing.get_origin(hint)
    if origin is types.UnionType:
        kinds = [part for part in typing.get_args(hint) if part is not type(None)]
        return None if value is None else _value(kinds[0], value)
    if origin is tuple:
        return tuple(_value(typing.get_args(hint)[0], part) for part in value)
    return value if origin is not None or not isinstance(hint, type) else _plain_value(hint, value)


def _plain_value(kind: type, value: Any) -> Any:
    if dataclasses.is_dataclass(kind):
        return decoded(kind, value)
    if kind in (date, datetime):
        return kind.fromisoformat(value)
    return kind(value) if issubclass(kind, (Decimal, Enum)) else value
