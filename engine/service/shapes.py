"""The shapes that others script against: what `--json` and the API say of documents, orders, jobs and problems.

Keys are stable; more may be added. Money is a string of a decimal number, a date ISO 8601, a time carries its zone, a path is absolute.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from engine.errors import EngineError, TemplateProblem
from engine.model import Client, Delivery, Document, DocumentFilter, Job, LegalEntity, Order, OrderLine, Revision, Template
from engine.service import Engine, Outcome
from engine.service.imports import ImportReport
from engine.service.planning import Planned
from engine.totals import totals
from index import Hit

Shape = dict[str, Any]


def plain(value: Any) -> Any:
    """A value as JSON has it: money and quantities as strings, dates as ISO text, the rest as it is or as text."""
    match value:
        case None | bool() | int() | float() | str():
            return value
        case Decimal():
            return f"{value:f}"
        case datetime() | date():
            return value.isoformat()
        case Mapping():
            return {str(key): plain(part) for key, part in value.items()}
        case list() | tuple() | set() | frozenset():
            return [plain(part) for part in value]
    return str(value)


def document(engine: Engine, found: Document) -> Shape:
    """A document with the files of its newest revision; `files` is empty while it is unfinished."""
    revisions = engine.revisions(found.id)
    newest = revisions[-1] if revisions else None
    return {
        "id": found.id,
        "number": found.number,
        "kind": found.kind,
        "name": found.name,
        "language": found.language,
        "date": plain(found.date),
        "direction": str(found.direction),
        "status": str(found.status),
        "author": found.author,
        "entity": {"id": found.entity_id, "name": found.entity_name},
        "client": {"id": found.client_id, "name": found.client_name},
        "order": found.order_number,
        "process": found.process,
        "stage": found.stage,
        "amount": {"value": plain(found.amount), "currency": found.currency},
        "revision": found.revision,
        "created": plain(found.created),
        "sent": plain(found.sent),
        "received": plain(found.received),
        "template": {"id": found.template_id, "version": found.template_version},
        "files": files(engine, newest),
        "sha256": {part.suffix[1:]: part.sha256 for part in newest.renditions} if newest else {},
    }


def files(engine: Engine, revision: Revision | None) -> dict[str, str]:
    """The revision's files by suffix."""
    return {suffix: str(path) for suffix, path in engine.paths(revision).items()} if revision else {}


def revision(engine: Engine, found: Revision) -> Shape:
    """One revision, as `document versions` lists it."""
    return {
        "revision": found.revision,
        "created": plain(found.created),
        "author": found.author,
        "reason": found.reason,
        "template": {"id": found.template_id, "version": found.template_version},
        "sha256": {part.suffix[1:]: part.sha256 for part in found.renditions},
        "pages": max((part.pages for part in found.renditions), default=0),
        "renderer": next((part.renderer for part in found.renditions if part.renderer), ""),
        "files": files(engine, found),
        "sent": plain(found.sent),
    }


def delivery(found: Delivery) -> Shape:
    """One letter."""
    return {
        "id": found.id,
        "document": found.document_id,
        "revision": found.revision,
        "channel": found.channel,
        "recipient": found.recipient,
        "state": found.state,
        "path": found.path,
        "error": found.error,
        "created": plain(found.created),
    }


def job(found: Job, language: str) -> Shape:
    """One job; `error` in the user's language, or None."""
    error = None
    if found.error:
        error = {"code": found.error["code"], "message": found.error["texts"][language]}
        error |= {key: found.error[key] for key in ("where", "excerpt", "suggestion") if found.error.get(key)}
    return {
        "id": found.id,
        "kind": found.kind,
        "rule": found.rule.id if found.rule else None,
        "state": str(found.state),
        "step": str(found.step),
        "error": error,
    }


def outcome(engine: Engine, found: Outcome, language: str) -> Shape:
    """What an event came to."""
    return {
        "event": found.event.id,
        "repeat": found.is_repeat,
        "documents": [document(engine, part) for part in found.documents],
        "deliveries": [delivery(part) for part in found.deliveries],
        "jobs": [job(part, language) for part in found.jobs],
    }


def planned(found: Planned, language: str) -> Shape:
    """What would be made."""
    problem = {"code": found.problem.code, "message": found.problem.text(language)} if found.problem else None
    names = ("kind", "rule", "template", "title", "number", "entity", "client", "recipient")
    return {name: getattr(found, name) for name in names} | {"problem": problem}


def order(engine: Engine, found: Order) -> Shape:
    """An order with its lines, sums and documents. A side that is not known yet is None."""
    client, entity = sides(engine, found)
    sums = totals(found, is_vat_payer=entity.is_vat_payer if entity else True)
    documents = engine.documents(DocumentFilter(order=found.id))
    return {
        "id": found.id,
        "number": found.number,
        "date": plain(found.date),
        "process": found.process,
        "stage": found.stage,
        "cancelled": found.is_cancelled,
        "client": {"id": client.id, "name": client.name} if client else None,
        "entity": {"id": entity.id, "name": entity.name} if entity else None,
        "items": [_item(line, plain(line_sums.vat)) for line, line_sums in zip(found.lines, sums.lines, strict=True)],
        "net": plain(sums.net),
        "vat": plain(sums.vat),
        "total": plain(sums.total),
        "currency": found.currency,
        "documents": [document(engine, part) for part in documents],
    }


def order_row(engine: Engine, found: Order) -> Shape:
    """An order as `order list` has it."""
    client, entity = sides(engine, found)
    return {
        "id": found.id,
        "number": found.number,
        "date": plain(found.date),
        "process": found.process,
        "stage": found.stage,
        "client": client.name if client else "",
        "total": plain(totals(found, is_vat_payer=entity.is_vat_payer if entity else True).total),
        "currency": found.currency,
        "lines": len(found.lines),
    }


def hit(found: Hit) -> Shape:
    """One document that a search found; in `snippet` the hit stands between `<mark>` and `</mark>`."""
    return {name: plain(getattr(found, name)) for name in ("number", "kind", "client", "date", "page", "score", "snippet")}


def template(found: Template) -> Shape:
    """One template."""
    return {
        "id": found.id,
        "kind": found.kind,
        "language": found.language,
        "title": found.title,
        "series": found.series,
        "file": found.path,
        "version": found.version,
        "stock": found.is_stock,
    }


def problem(error: EngineError, language: str) -> Shape:
    """A slip in a template, or any error, with its place; `hint` is the mended spelling, `fix` what mends it by itself."""
    shape: Shape = {"code": error.code, "severity": "error", "message": error.text(language), "where": {}, "excerpt": ""}
    shape |= {"hint": str(error.facts.get("hint", "")), "suggestions": [], "fix": None}
    if isinstance(error, TemplateProblem):
        shape |= {
            "severity": error.severity,
            "where": error.place.facts(),
            "excerpt": error.excerpt,
            "suggestions": [error.suggestion] if error.suggestion else [],
        }
    return shape


def checked(engine: Engine, ref: str, *, found: Sequence[EngineError], language: str) -> Shape:
    """A checked template: its slips, and the fields that it names, that nobody has, and that it leaves unused."""
    try:
        used = engine.fields_used(ref)
    except EngineError:
        used = frozenset()
    unknown = {str(error.facts["name"]) for error in found if error.code in ("F01", "F02")}
    rows = engine.fields()
    spellings = {spelling.casefold() for row in rows for spelling in (row.name, row.uk, row.ru)}
    known = {name for name in used if name.casefold() in spellings}
    return {
        "file": ref,
        "format": Path(engine.template(ref).path).suffix[1:] if used else Path(ref).suffix[1:],
        "problems": [problem(error, language) for error in found],
        "fields": {
            "used": sorted(used - unknown),
            "unknown": sorted(unknown),
            "unused": [row.name for row in rows if not {row.name, row.uk, row.ru} & known],
        },
    }


def report(found: ImportReport, language: str) -> Shape:
    """What an import did; `remarks` has the same shape as `refused`."""
    return {
        "read": found.read,
        "added": found.added,
        "updated": found.updated,
        "unchanged": found.unchanged,
        "others": found.others,
        "refused": _notes(found.refused, language),
        "remarks": _notes(found.remarks, language),
    }


def sides(engine: Engine, found: Order) -> tuple[Client | None, LegalEntity | None]:
    """The order's client and our legal entity, as far as they are known."""
    try:
        case = engine.case(found.id)
    except EngineError:
        return engine.client(found.client_id) if found.client_id else None, None
    return case.client, case.entity


def _item(line: OrderLine, vat: str) -> Shape:
    names = ("name", "unit", "qty", "price", "discount", "vat_rate", "total")
    return {name: plain(getattr(line, name)) for name in names} | {"vat": vat}


def _notes(notes: Iterable[Any], language: str) -> list[Shape]:
    return [{"where": note.where, "code": note.code, "message": note.text(language)} for note in notes]
