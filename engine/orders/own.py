"""docstage's own JSON and NDJSON -> records. The form is `schema.json`, JSON Schema 2020-12; `docs/orders.md` tells it with examples."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, cast

from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import ValidationError

from engine.errors import BadOrderFile, nearest
from engine.model import BankAccount, Client, LegalEntity, Order, OrderLine, Person, Process, Rule, Stage
from engine.orders.json_stream import objects
from engine.orders.outcome import Outcome, Record, Refusal, Remark, short
from engine.totals import line_total

SCHEMA: dict[str, Any] = json.loads(files(__package__).joinpath("schema.json").read_text("utf-8"))

# Processes before the orders that go through them, clients before their orders.
_PARTS = {"processes": "process", "rules": "rule", "entities": "entity", "clients": "client", "orders": "order"}
_TOP = {**SCHEMA, "properties": {name: {k: v for k, v in part.items() if k != "items"} for name, part in SCHEMA["properties"].items()}}
_TYPES = {"string": "not-text", "array": "not-a-list", "object": "not-an-object", "boolean": "not-yes-no"}
_PATTERNS = {
    SCHEMA["$defs"][name]["pattern"]: code
    for name, code in {"number": "not-a-number", "rate": "not-a-rate", "currency": "not-a-currency", "country": "not-a-country"}.items()
}
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


def read(path: Path) -> Iterator[Outcome]:
    """The records of a JSON or NDJSON file. Raises BadOrderFile with the line where it is no JSON."""
    seen: set[tuple[str, str]] = set()
    for line, data in objects(path):
        try:
            yield from _known(read_object(data, f"{line}: " if line else ""), seen)
        except BadOrderFile as error:
            raise BadOrderFile(**{**error.facts, "file": path.name}) from error


def read_object(data: Mapping[str, Any], where: str = "") -> Iterator[Outcome]:
    """The records of an object in docstage's form, or the one record of an object that has a `type`; processes first, orders last.

    `where` goes before the JSON pointers of what is said. Raises BadOrderFile where the object as a whole is not of the form.
    """
    if "type" in data:
        kind = data["type"]
        if kind not in _PARTS.values():
            yield Refusal(f"{where}/type", "not-allowed", {"value": short(kind), "choices": ", ".join(_PARTS.values())})
        else:
            yield from _record(kind, {key: value for key, value in data.items() if key != "type"}, where)
        return
    error = next(Draft202012Validator(_TOP).iter_errors(dict(data)), None)
    if error:
        refusal = _refusal(error, where)
        raise BadOrderFile(file="JSON", where=refusal.where or "/", reason=refusal.code, **refusal.facts)
    for part, kind in _PARTS.items():
        for index, item in enumerate(data.get(part, ())):
            yield from _record(kind, item, f"{where}/{part}/{index}")


def _known(outcomes: Iterator[Outcome], seen: set[tuple[str, str]]) -> Iterator[Outcome]:
    """Pass on, with a remark after a record whose id was there before: the later one wins."""
    for outcome in outcomes:
        yield outcome
        if isinstance(outcome, (Refusal, Remark)):
            continue
        key = (type(outcome).__name__, outcome.slug if isinstance(outcome, Process) else outcome.id)
        if key in seen and not (isinstance(outcome, Client)):
            yield Remark(key[1], "duplicate", {"id": key[1]})
        seen.add(key)


def _record(kind: str, data: Any, where: str) -> Iterator[Outcome]:
    """The record, after its remarks; an order's own client before it; or why the record cannot be used."""
    try:
        error = next(_validator(kind).iter_errors(data), None)
        if error:
            yield _refusal(error, where)
            return
        clean = _cleaned(data)
        said = [] if clean == data else [Remark(where, "cleaned")]
        yield from (*said, *_BUILDERS[kind](clean, where))
    except _Unusable as error:
        yield Refusal(where + error.pointer, error.code, {"value": error.value})
    except RecursionError:
        yield Refusal(where, "too-deep")


@cache
def _validator(kind: str) -> Draft202012Validator:
    schema = {"$ref": f"#/$defs/{kind}", "$defs": SCHEMA["$defs"]}
    return Draft202012Validator(schema, format_checker=FormatChecker(formats=["date"]))


class _Unusable(Exception):
    """A value that the schema lets through and no record can hold."""

    def __init__(self, pointer: str, code: str, value: Any) -> None:
        self.pointer, self.code, self.value = pointer, code, short(value)
        super().__init__(code)


def _refusal(error: ValidationError, where: str) -> Refusal:
    pointer = where + "".join(f"/{step}" for step in error.absolute_path)
    rule, allowed = str(error.validator), cast(Any, error.validator_value)
    instance = cast(Any, error.instance)
    facts: dict[str, Any] = {"value": short(instance)}
    match rule:
        case "required":
            code, facts = "missing-field", {"name": next(name for name in allowed if name not in instance)}
        case "additionalProperties":
            code, facts = "unknown-field", _unknown(error)
        case "type":
            code = "not-a-number" if isinstance(allowed, list) else _TYPES[allowed]
        case "pattern":
            code = _PATTERNS[allowed]
        case "format":
            code = "not-a-date"
        case "enum" | "const":
            choices = allowed if isinstance(allowed, list) else [allowed]
            code, facts["choices"] = "not-allowed", ", ".join(str(choice) for choice in choices if choice != "")
        case "minLength" | "minItems":
            code, facts = "nothing-there", {}
        case _:  # maxLength, maxItems
            code, facts = "too-long", {"limit": allowed}
    return Refusal(pointer, code, facts)


def _unknown(error: ValidationError) -> dict[str, Any]:
    fields = error.schema["properties"]  # type: ignore[index]
    name = next(str(name) for name in cast(Any, error.instance) if name not in fields)
    return {"name": short(name), "choices": nearest(name, fields) or ", ".join(fields)}


def _cleaned(value: Any) -> Any:
    """The value without characters that neither paper nor database can hold."""
    match value:
        case str():
            return _UNPRINTABLE.sub("", value)
        case list():
            return [_cleaned(item) for item in value]
        case dict():
            return {key: _cleaned(item) for key, item in value.items()}
        case _:
            return value


def _party(data: dict[str, Any]) -> dict[str, Any]:
    people: dict[str, Any] = {name: Person(**data[name]) for name in ("contact", "signer", "accountant") if name in data}
    account = {"account": BankAccount(**data["account"])} if "account" in data else {}
    return {**data, **people, **account}


def _client(data: dict[str, Any], _where: str) -> Iterator[Outcome]:
    yield Client(**_party(data))


def _entity(data: dict[str, Any], _where: str) -> Iterator[Outcome]:
    yield LegalEntity(**_party(data))


def _rule(data: dict[str, Any], _where: str) -> Iterator[Outcome]:
    yield Rule(**data)


def _process(data: dict[str, Any], _where: str) -> Iterator[Outcome]:
    yield Process(data["slug"], data["names"], tuple(Stage(**stage) for stage in data["stages"]))


def _order(data: dict[str, Any], where: str) -> Iterator[Outcome]:
    """An order as it comes; an own client that contradicts `client_id` is unusable."""
    said: list[Remark | Record] = []
    fields = dict(data)
    if "client" in fields:
        client = Client(**_party(fields.pop("client")))
        if fields.setdefault("client_id", client.id) != client.id:
            raise _Unusable("/client_id", "two-clients", fields["client_id"])
        said.append(client)
    elif not fields.get("client_id"):
        fields["client_id"] = ""
        said.append(Remark(where, "no-client", {"order": data["number"]}))
    lines = [_order_line(line, f"/lines/{index}") for index, line in enumerate(fields.get("lines", ()))]
    for index, line in enumerate(lines):
        if (computed := line_total(line.qty, line.price, line.discount)) != line.total:
            facts = {"order": data["number"], "sent": line.total, "computed": computed}
            said.append(Remark(f"{where}/lines/{index}", "sum-differs", facts))
    yield from said
    yield Order(**{**fields, "date": date.fromisoformat(fields["date"]), "lines": tuple(lines)})


def _order_line(data: dict[str, Any], pointer: str) -> OrderLine:
    numbers = {
        name: _decimal(data[name], f"{pointer}/{name}")
        for name in ("qty", "price", "discount", "total", "vat_rate")
        if data.get(name) is not None
    }
    if "total" not in numbers:
        numbers["total"] = line_total(numbers["qty"], numbers["price"], numbers.get("discount", Decimal(0)))
    return OrderLine(**{**data, **numbers})


def _decimal(value: Any, pointer: str) -> Decimal:
    """The number exactly; a float of Python by its shortest form. As bounded as the pattern of the schema bounds its text."""
    number = Decimal(value) if isinstance(value, (str, int, Decimal)) else Decimal(str(value))
    if not number.is_finite() or not -10 <= int(number.as_tuple().exponent) <= 0 or number.adjusted() >= 15:
        raise _Unusable(pointer, "not-a-number", value)
    return number


_BUILDERS = {"client": _client, "entity": _entity, "rule": _rule, "process": _process, "order": _order}
