"""A case with changes laid over it: what `document edit N --set items.1.qty=5` means.

Paths are `items.<line>.<field>`, `order.<field>`, `client.<field>[.<part>]` and `entity.<field>[.<part>]`, lines counted from 1.
"""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from engine.errors import BadChange
from engine.model import Case, Order, OrderLine
from engine.totals import line_total, rounded

_LOCKED = {
    "order": {"id", "number", "client_id", "entity_id", "lines", "process", "stage"},
    "client": {"id"},
    "entity": {"id"},
}
_PRICING = ("qty", "price", "discount")


def changed(case: Case, changes: Mapping[str, str]) -> Case:
    """The case after `changes`; a line whose quantity, price or discount changed gets its sum anew, unless the sum was given too.

    Raises BadChange for a path that leads nowhere or a value of the wrong kind; nothing is changed then.
    """
    before = case.order.lines
    for path, value in changes.items():
        case = _one(case, path, value)
    recomputed = {path.rsplit(".", 1)[0] for path in changes if path.startswith("items.") and path.rsplit(".", 1)[-1] in _PRICING}
    lines = list(case.order.lines)
    for prefix in recomputed:
        if f"{prefix}.total" not in changes:
            position = int(prefix.split(".")[1]) - 1
            line = lines[position]
            if f"{prefix}.discount" not in changes:
                line = _with_its_share(line, before[position])
            total = line_total(line.qty, line.price, line.discount)
            lines[position] = dataclasses.replace(line, total=_not_negative(f"{prefix}.total", str(total), total))
    return dataclasses.replace(case, order=dataclasses.replace(case.order, lines=tuple(lines)))


def _with_its_share(line: OrderLine, before: OrderLine) -> OrderLine:
    """The line with the discount that it had in proportion: 5 % of three units are 5 % of five."""
    worth = before.qty * before.price
    if not before.discount or not worth:
        return line
    return dataclasses.replace(line, discount=rounded(before.discount * line.qty * line.price / worth))


def _one(case: Case, path: str, value: str) -> Case:
    root, *rest = path.split(".")
    if root == "items":
        return dataclasses.replace(case, order=_line_changed(case.order, path, value))
    if root not in _LOCKED or not rest or rest[0] in _LOCKED[root]:
        raise BadChange(path=path, value=value, reason="no-such-field", choices=", ".join(_choices(case, root)))
    return dataclasses.replace(case, **{root: _set(getattr(case, root), rest, path=path, value=value)})


def _line_changed(order: Order, path: str, value: str) -> Order:
    _, position, *rest = [*path.split("."), ""]
    if not position.isdigit() or not 1 <= int(position) <= len(order.lines):
        raise BadChange(path=path, value=value, reason="no-such-line", choices=f"1–{len(order.lines)}")
    lines = list(order.lines)
    names = [part for part in rest if part]
    if not names:
        raise BadChange(path=path, value=value, reason="no-such-field", choices=", ".join(_field_names(OrderLine)))
    lines[int(position) - 1] = _set(lines[int(position) - 1], names, path=path, value=value)
    return dataclasses.replace(order, lines=tuple(lines))


def _set(record: Any, names: list[str], *, path: str, value: str) -> Any:
    name, *rest = names
    if not dataclasses.is_dataclass(record) or isinstance(record, type) or name not in _field_names(type(record)):
        choices = _field_names(type(record)) if dataclasses.is_dataclass(record) else ()
        raise BadChange(path=path, value=value, reason="no-such-field", choices=", ".join(choices))
    if rest:
        new = _set(getattr(record, name), rest, path=path, value=value)
    else:
        new = _converted(typing.get_type_hints(type(record))[name], path, value)
    return dataclasses.replace(record, **{name: new})


def _converted(hint: Any, path: str, value: str) -> Any:
    optional = isinstance(hint, types.UnionType)
    kind = next(part for part in hint.__args__ if part is not type(None)) if optional else hint
    if kind is str:
        return value
    if optional and value.strip() == "":
        return None
    try:
        if kind is Decimal:
            return _within_reason(path, value, _not_negative(path, value, _number(value)))
        if kind is date:
            return date.fromisoformat(value)
    except (InvalidOperation, ValueError) as error:
        raise BadChange(path=path, value=value, reason="not-a-number" if kind is Decimal else "not-a-date") from error
    if kind is bool and value.casefold() in _YES | _NO:
        return value.casefold() in _YES
    raise BadChange(path=path, value=value, reason="not-yes-no" if kind is bool else "whole-record")


_YES = {"true", "yes", "1", "так", "да"}
_NO = {"false", "no", "0", "ні", "нет"}


def _not_negative(path: str, value: str, number: Decimal) -> Decimal:
    if number < 0:
        raise BadChange(path=path, value=value, reason="negative")
    return number


def _within_reason(path: str, value: str, number: Decimal) -> Decimal:
    """A slip of the finger is not a change: no unit sold, a VAT of over 100 per cent."""
    name = path.rsplit(".", 1)[-1]
    if (name == "qty" and number == 0) or (name == "vat_rate" and number > 100):
        raise BadChange(path=path, value=value, reason="out-of-range")
    return number


def _number(value: str) -> Decimal:
    """A decimal as people type it: a comma or a point, spaces between thousands."""
    number = Decimal("".join(value.split()).replace("\u00a0", "").replace(",", "."))
    if not number.is_finite() or abs(number) >= Decimal(10) ** 12:
        raise InvalidOperation
    return number


def _field_names(kind: type) -> tuple[str, ...]:
    return tuple(field.name for field in dataclasses.fields(kind))


def _choices(case: Case, root: str) -> tuple[str, ...]:
    if root not in _LOCKED:
        return ("items.1.qty", "order.…", "client.…", "entity.…")
    return tuple(name for name in _field_names(type(getattr(case, root))) if name not in _LOCKED[root])
