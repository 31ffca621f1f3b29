"""docstage template … and docstage fields"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from engine.errors import EngineError, TemplateProblem, unwritten
from engine.service import FieldRow, shapes
from engine.terminal.command import command, group, option
from engine.terminal.language import language, t
from engine.terminal.session import Session
from engine.terminal.values import read_object

template = group("template")


@command(template, "template.list")
def list_(session: Session) -> None:
    with session.engine() as engine:
        found = engine.templates()
    items = [shapes.template(part) for part in found]
    rows = [
        (part.id, part.title, part.language, part.series, part.version[:12], t("terminal.stock") if part.is_stock else "") for part in found
    ]
    heads = [t(f"head.{name}") for name in ("template", "name", "language", "series", "version", "stock")]
    session.table({"templates": items}, rows=rows, heads=heads, items=items)


@command(template, "template.show")
@click.argument("ref", metavar="ID|FILE")
def show(session: Session, ref: str) -> None:
    with session.engine() as engine:
        found = engine.template(ref)
        used = sorted(engine.fields_used(ref))
    lines = [f"{t(f'head.{name}')}: {value}" for name, value in (("template", found.id), ("name", found.title), ("series", found.series))]
    session.result({**shapes.template(found), "fields": used}, [*lines, ", ".join(used), found.path])


@command(template, "template.check")
@click.argument("refs", metavar="FILE…", nargs=-1, required=True)
@option("--strict", "is_strict", is_flag=True)
def check(session: Session, refs: tuple[str, ...], is_strict: bool) -> None:
    files = []
    with session.engine() as engine:
        for ref in refs:
            found = engine.check(ref)
            files.append(shapes.checked(engine, ref, found=found, language=language()))
            _say_problems(session, ref, found, is_strict=is_strict)
    session.result({"files": files})


@command(template, "template.preview")
@click.argument("ref", metavar="ID|FILE")
@option("--order", default="", metavar="N")
@option("--sample", is_flag=True)
@option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False))
@option("--open", "is_opening", is_flag=True)
def preview(session: Session, ref: str, order: str, **given: Any) -> None:
    if order and given["sample"]:
        raise click.UsageError(t("terminal.order-or-sample"))
    with session.engine() as engine:
        made = engine.preview(ref, order=order)
    path = _written(given["output"] or Path(f"{Path(ref).stem}.preview.pdf"), made.pdf)
    problems = [shapes.problem(error, language()) for error in made.problems]
    _say_problems(session, ref, made.problems, is_strict=False)
    session.exit_status = 0
    session.result({"pdf": str(path), "pages": made.pages, "problems": problems}, [str(path)])
    if given["is_opening"]:
        click.launch(str(path))


@command(template, "template.fill")
@click.argument("ref", metavar="ID|FILE")
@option("--data", required=True, metavar="FILE|-")
@option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), required=True)
def fill(session: Session, ref: str, data: str, output: Path) -> None:
    fields = read_object(data)
    with session.engine() as engine:
        path = _written(output, engine.fill(ref, fields, suffix=output.suffix.lower()))
    session.result({"file": str(path)}, [str(path)])


@command(None, "fields")
@option("--for", "group_name", default="", metavar="order|client|item|…")
@option("--search", default="", metavar="TEXT")
@option("--order", default="", metavar="N")
@option("--format", "shape", type=click.Choice(["table", "json", "md"]), default="table")
def fields(session: Session, group_name: str, search: str, **given: Any) -> None:
    session.is_json = session.is_json or given["shape"] == "json"
    with session.engine() as engine:
        rows = [row for row in engine.fields(order=given["order"]) if _is_wanted(row, group_name, search)]
    items = [
        {**shapes.plain({name: getattr(row, name) for name in ("name", "uk", "ru", "type", "value")}), "meaning": t(row.meaning)}
        for row in rows
    ]
    cells = [(f"{{{{ {row.name} }}}}", f"{{{{ {row.uk} }}}}", t(row.meaning), "" if row.value is None else row.value) for row in rows]
    heads = [t(f"head.{name}") for name in ("placeholder", "also", "meaning", "value")]
    if given["shape"] == "md":
        lines = [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|", *(f"| {' | '.join(str(cell) for cell in row)} |" for row in cells)]
        session.result(items, lines)
        return
    session.table({"fields": items}, rows=cells, heads=heads, items=items)


def _is_wanted(row: FieldRow, group_name: str, search: str) -> bool:
    if group_name and group_name.casefold() not in {name.split(".")[0].casefold() for name in (row.name, row.uk, row.ru)}:
        return False
    return search.casefold() in " ".join((row.name, row.uk, row.ru, t(row.meaning))).casefold()


def _say_problems(session: Session, ref: str, found: tuple[EngineError, ...], *, is_strict: bool) -> None:
    for error in found:
        is_remark = isinstance(error, TemplateProblem) and error.severity == "remark"
        if is_remark and not is_strict:
            session.warn(error.code, error.text(language()))
        else:
            session.fail(error)
    if not found:
        session.say("terminal.template-good", file=ref)


def _written(path: Path, data: bytes) -> Path:
    try:
        path.write_bytes(data)
    except OSError as error:
        raise unwritten(error, path) from error
    return path.resolve()
