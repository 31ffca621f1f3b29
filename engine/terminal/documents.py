"""docstage generate and docstage document …"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import click

from engine.errors import BadChange, unwritten
from engine.model import Direction, Document, DocumentFilter, Status
from engine.service import Engine, Outcome, shapes
from engine.terminal.command import command, group, option
from engine.terminal.language import language, t
from engine.terminal.session import Session
from engine.terminal.values import parse_amount, parse_day, read_object

document = group("document")


@command(None, "generate")
@option("--order", "orders", multiple=True, metavar="N")
@option("--data", metavar="FILE|-")
@option("--type", "kinds", multiple=True, metavar="KIND")
@option("--template", metavar="ID", default="")
@option("--format", "formats", default="pdf", metavar="pdf,docx")
@option("-o", "--output", type=click.Path(path_type=Path, file_okay=False))
@option("--open", "is_opening", is_flag=True)
@option("--dry-run", "is_dry", is_flag=True)
def generate(session: Session, **given: Any) -> None:
    unknown = {part.strip() for part in given["formats"].split(",")} - {"pdf", "docx", "xlsx"}
    if unknown:
        raise click.UsageError(t("terminal.no-format", value=", ".join(sorted(unknown))))
    with session.engine() as engine:
        orders = [*given["orders"], *_imported(engine, given["data"])]
        if not orders:
            raise click.UsageError(t("terminal.generate-what"))
        kinds = [kind.strip() for part in given["kinds"] for kind in part.split(",")] or ["invoice"]
        if given["is_dry"]:
            show_plans(session, [engine.plan_kind(order, kind, given["template"]) for order in orders for kind in kinds])
            return
        outcomes = [engine.generate(order, kinds=kinds, template=given["template"]) for order in orders]
        results = [shapes.outcome(engine, outcome, language()) for outcome in outcomes]
        paths = [path for result in results for path in _copied(result["documents"], given["formats"], given["output"])]
        merged = {key: [part for result in results for part in result[key]] for key in ("documents", "deliveries", "jobs")}
        show_outcomes(session, outcomes, {"event": results[0]["event"], **merged}, paths)
        if given["is_opening"]:
            _launch(paths)


@command(document, "document.list")
@option("--number", default="")
@option("--name", default="")
@option("--kind", default="")
@option("--direction", type=click.Choice([str(part) for part in Direction]))
@option("--author", default="")
@option("--entity", default="")
@option("--client", default="")
@option("--order", default="")
@option("--process", default="")
@option("--status", type=click.Choice([str(part) for part in Status]))
@option("--currency", default="")
@option("--amount-from", type=parse_amount, metavar="SUM")
@option("--amount-to", type=parse_amount, metavar="SUM")
@option("--created-from", type=parse_day, metavar="DATE")
@option("--created-to", type=parse_day, metavar="DATE")
@option("--sent-from", type=parse_day, metavar="DATE")
@option("--sent-to", type=parse_day, metavar="DATE")
@option("--received-from", type=parse_day, metavar="DATE")
@option("--received-to", type=parse_day, metavar="DATE")
@option("--limit", type=click.IntRange(0), default=0)
@option("--offset", type=click.IntRange(0), default=0)
def list_(session: Session, limit: int, offset: int, **given: Any) -> None:
    wanted = DocumentFilter(**{name: value for name, value in given.items() if value not in (None, "")})
    with session.engine() as engine:
        found = engine.documents(wanted, limit=limit, offset=offset)
        total, sums = engine.totals(wanted)
        items = [shapes.document(engine, part) for part in found] if session.is_machine else []
    rows = [
        (part.number, part.date, part.name, part.client_name, part.order_number, amount(part), t(f"status.{part.status}")) for part in found
    ]
    heads = [t(f"head.{name}") for name in ("number", "date", "name", "client", "order", "amount", "status")]
    session.table({"documents": items, "total": total, "sum": shapes.plain(sums)}, rows=rows, heads=heads, items=items)
    session.say("terminal.documents", total=total, sums=", ".join(f"{value} {name}" for name, value in sums.items()) or "0")


@command(document, "document.show")
@click.argument("number")
def show(session: Session, number: str) -> None:
    with session.engine() as engine:
        found = engine.document(number)
        shape = shapes.document(engine, found)
        shape["deliveries"] = [shapes.delivery(part) for part in engine.deliveries(found.id)]
    names = ("name", "number", "date", "status", "revision", "client", "entity", "order", "author")
    values = {**shape, "client": found.client_name, "entity": found.entity_name, "status": t(f"status.{found.status}")}
    lines = [f"{t(f'head.{name}')}: {values[name]}" for name in names if values[name]]
    lines += [f"{t('head.amount')}: {amount(found)}", *(str(path) for path in shape["files"].values())]
    session.result(shape, lines)


@command(document, "document.edit")
@click.argument("number")
@option("--set", "changes", multiple=True, metavar="PATH=VALUE", required=True)
def edit(session: Session, number: str, changes: Sequence[str]) -> None:
    parsed = dict(_change(change) for change in changes)
    with session.engine() as engine:
        _show_revised(session, engine, engine.edit(number, parsed))


@command(document, "document.replace")
@click.argument("number")
@click.argument("file", type=click.Path(path_type=Path))
def replace(session: Session, number: str, file: Path) -> None:
    with session.engine() as engine:
        _show_revised(session, engine, engine.replace(number, file))


@command(document, "document.versions")
@click.argument("number")
def versions(session: Session, number: str) -> None:
    with session.engine() as engine:
        found = engine.document(number)
        items = [shapes.revision(engine, part) for part in engine.revisions(found.id)]
    rows = [(part["revision"], part["created"][:16], part["author"], t(f"reason.{part['reason']}"), part["files"]["pdf"]) for part in items]
    heads = [t(f"head.{name}") for name in ("revision", "created", "author", "reason", "file")]
    session.table({"number": found.number, "revisions": items}, rows=rows, heads=heads, items=items)


@command(document, "document.open")
@click.argument("number")
def open_(session: Session, number: str) -> None:
    with session.engine() as engine:
        shape = shapes.document(engine, engine.document(number))
    path = shape["files"].get("pdf", "")
    session.result({"number": shape["number"], "path": path}, [path])
    if not session.is_machine:
        _launch([path])


def show_outcomes(session: Session, outcomes: Iterable[Outcome], result: dict[str, Any], paths: Sequence[str]) -> None:
    """What was made, what failed, what was sent; the paths last."""
    for outcome in outcomes:
        session.fail_jobs(outcome.failed)
        for delivery in outcome.deliveries:
            if delivery.state == "refused":
                session.warn("M01", t(f"delivery.{delivery.error}") if delivery.error.startswith("no-") else delivery.error)
            else:
                session.say("delivery.outbox", recipient=delivery.recipient, path=delivery.path)
    for made in result["documents"]:
        if made["files"]:
            session.say("terminal.made", name=made["name"], number=made["number"], client=made["client"]["name"])
    session.result(result, paths)


def show_plans(session: Session, plans: Sequence[Any]) -> None:
    """What would be made, and what stands in the way."""
    items = [shapes.planned(plan, language()) for plan in plans]
    rows = [(plan.title or plan.kind, plan.number, plan.template, plan.client, plan.recipient) for plan in plans]
    heads = [t(f"head.{name}") for name in ("name", "number", "template", "client", "recipient")]
    for plan in plans:
        if plan.problem:
            session.fail(plan.problem)
    session.table({"planned": items}, rows=rows, heads=heads, items=items)


def amount(found: Document) -> str:
    """The document's sum as a list shows it."""
    from engine.wording import money

    return f"{money(found.amount, language())} {found.currency}"


def _show_revised(session: Session, engine: Engine, outcome: Outcome) -> None:
    [found] = outcome.documents
    session.fail_jobs(outcome.failed)
    if session.errors:
        session.result(None)
        return
    shape = shapes.document(engine, found)
    session.say("terminal.revised", number=found.number, revision=found.revision, amount=amount(found))
    session.result(shape, list(shape["files"].values()))


def _change(text: str) -> tuple[str, str]:
    path, is_there, value = text.partition("=")
    if not is_there or not path.strip():
        raise BadChange(path=text, value="", reason="nothing")
    return path.strip(), value.strip()


def _imported(engine: Engine, source: str | None) -> list[str]:
    """Take in the orders of `--data` and return their ids."""
    if not source:
        return []
    data = read_object(source, parse_float=Decimal)
    engine.import_object(data).require_all(source)
    orders = data.get("orders", [])
    return [str(order["id"]) for order in orders]


def _copied(documents: Iterable[dict[str, Any]], formats: str, folder: Path | None) -> list[str]:
    """The documents' files in these formats: in `folder` under their numbers, or where they are kept."""
    wanted = [part.strip() for part in formats.split(",")]
    found = [(made["number"], Path(path)) for made in documents for name, path in made["files"].items() if name in wanted]
    if folder is None:
        return [str(path) for _, path in found]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return [str(shutil.copyfile(path, (folder / f"{number.replace('/', '-')}{path.suffix}").resolve())) for number, path in found]
    except OSError as error:
        raise unwritten(error, folder) from error


def _launch(paths: Iterable[str]) -> None:
    for path in paths:
        click.launch(path)
