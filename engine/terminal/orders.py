"""docstage import, docstage order … and docstage rule …"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from engine.service import shapes
from engine.terminal.command import command, group, option
from engine.terminal.documents import show_outcomes, show_plans
from engine.terminal.language import language, t
from engine.terminal.session import Session

order = group("order")
rule = group("rule")


@command(None, "import")
@click.argument("file", type=click.Path(path_type=Path))
def import_(session: Session, file: Path) -> None:
    with session.engine() as engine:
        report = engine.import_file(file)
    for remark in report.remarks:
        session.warn(remark.code, f"{remark.where}: {remark.text(language())}")
    for refusal in report.refused:
        session.failed({"code": refusal.code, "message": f"{refusal.where}: {refusal.text(language())}"}, 1)
    facts = {name: getattr(report, name) for name in ("read", "added", "updated", "unchanged")}
    line = t("terminal.imported", refused=len(report.refused), **facts)
    others = [f"{t(f'other.{name}')}: {count}" for name, count in report.others.items()]
    session.result(shapes.report(report, language()), [" · ".join([line, *others])])


@command(order, "order.list")
@option("--process", default="")
@option("--stage", default="")
@option("--client", default="")
def list_(session: Session, **narrowed: str) -> None:
    with session.engine() as engine:
        found = engine.orders(**narrowed)
        items = [shapes.order_row(engine, part) for part in found]
    rows = [
        (part["number"], part["date"], part["client"], part["process"], part["stage"], part["total"], part["currency"]) for part in items
    ]
    heads = [t(f"head.{name}") for name in ("number", "date", "client", "process", "stage", "amount", "currency")]
    session.table({"orders": items, "total": len(items)}, rows=rows, heads=heads, items=items)


@command(order, "order.show")
@click.argument("number")
def show(session: Session, number: str) -> None:
    with session.engine() as engine:
        shape = shapes.order(engine, engine.order(number))
    client = shape["client"]["name"] if shape["client"] else "—"
    lines = [f"{t('head.order')}: {shape['number']} · {shape['date']} · {client} · {shape['stage']}"]
    lines += [f"{i}\t{item['name']}\t{item['qty']} {item['unit']}\t{item['total']}" for i, item in enumerate(shape["items"], 1)]
    lines += [f"{t('head.amount')}: {shape['total']} {shape['currency']}"]
    lines += [f"{made['name']} {made['number']}\t{made['files'].get('pdf', '')}" for made in shape["documents"]]
    session.result(shape, lines)


@command(order, "order.stage")
@click.argument("number")
@click.argument("stage")
@option("--event-id", default="", metavar="ID")
@option("--dry-run", "is_dry", is_flag=True)
@option("--no-send", "is_silent", is_flag=True)
def stage(session: Session, number: str, stage: str, **given: Any) -> None:
    with session.engine() as engine:
        if given["is_dry"]:
            show_plans(session, engine.plan(number, stage))
            return
        outcome = engine.stage_entered(number, stage, event_id=given["event_id"], is_sending=not given["is_silent"])
        result = shapes.outcome(engine, outcome, language())
        if outcome.is_repeat:
            session.say("terminal.repeat", event=outcome.event.id)
        elif not outcome.jobs:
            session.say("terminal.no-rule", number=number, stage=outcome.event.stage)
        paths = [path for made in result["documents"] for name, path in made["files"].items() if name == "pdf"]
        show_outcomes(session, [outcome], result, paths)


@command(rule, "rule.list")
def rules(session: Session) -> None:
    with session.engine() as engine:
        found = engine.rules()
        processes = {process.slug: process for process in engine.processes()}
    items = [shapes.plain({name: getattr(part, name) for name in part.__slots__}) for part in found]
    rows = []
    for part in found:
        names = {stage.slug: stage.names.get(language(), stage.slug) for stage in processes[part.process].stages}
        sentence = t("terminal.rule-sent" if part.is_sent else "terminal.rule", stage=names.get(part.stage, part.stage), kind=part.kind)
        rows.append((part.id, part.process, sentence))
    session.table({"rules": items}, rows=rows, heads=[t(f"head.{name}") for name in ("rule", "process", "sentence")], items=items)


@command(rule, "rule.test")
@click.argument("rule_id", metavar="RULE")
@option("--order", "number", required=True, metavar="N")
def test(session: Session, rule_id: str, number: str) -> None:
    with session.engine() as engine:
        show_plans(session, [engine.rule_test(rule_id, number)])
