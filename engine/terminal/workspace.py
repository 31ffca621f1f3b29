"""docstage init, demo, doctor, config and completion"""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.shell_completion import get_completion_class

from engine.errors import BadSetting, EngineError, NoLibreOffice
from engine.model import LANGUAGES
from engine.service import shapes
from engine.terminal.command import command, group, option
from engine.terminal.language import language, t
from engine.terminal.session import Session

if TYPE_CHECKING:
    from engine.service import Engine

config = group("config")
DEMO = Path("docstage-demo")
DEMO_ORDER = "1001"
DEMO_STAGES = ("invoice_sent", "contract", "done")


@command(None, "init")
@click.argument("folder", metavar="[DIR]", type=click.Path(path_type=Path), default=".")
@option("--demo", "is_demo", is_flag=True)
@option("--language", "document_language", type=click.Choice(LANGUAGES))
def init(session: Session, folder: Path, is_demo: bool, document_language: str | None) -> None:
    from engine.bootstrap import create_workspace

    made = create_workspace(folder, language=document_language or language(), is_demo=is_demo)
    session.say("terminal.workspace-made", path=made)
    session.say("terminal.next-demo" if is_demo else "terminal.next", path=folder)
    session.result({"workspace": str(made)}, [str(made)])


@command(None, "demo")
@click.argument("folder", metavar="[DIR]", type=click.Path(path_type=Path), default=DEMO)
def demo(session: Session, folder: Path) -> None:
    from engine.bootstrap import create_workspace, is_workspace

    if not is_workspace(folder):
        create_workspace(folder, language=language(), is_demo=True)
        session.say("terminal.workspace-made", path=folder.resolve())
    session.workspace = str(folder)
    started = time.monotonic()
    with session.engine() as engine:
        outcomes = [engine.stage_entered(DEMO_ORDER, stage, event_id=f"demo-{stage}") for stage in DEMO_STAGES]
        failed = [job.error for outcome in outcomes for job in outcome.failed if job.error]
        made = [part for outcome in outcomes for part in outcome.documents]
        paths = _laid_out(engine, made, folder / "documents")
        if any(error["code"] == NoLibreOffice.code for error in failed):
            paths += _drafts(engine, folder / "documents")
        items = [shapes.document(engine, part) for part in made]
    for error in failed[:1]:
        session.failed({"code": error["code"], "message": error["texts"][language()]}, error["exit_status"])
    for part in made:
        session.say("terminal.made", name=part.name, number=part.number, client=part.client_name)
    session.say("terminal.demo-made", count=len(made), seconds=f"{time.monotonic() - started:.1f}")
    session.result({"workspace": str(folder.resolve()), "documents": items, "files": paths}, paths)
    if not session.errors:
        session.say("terminal.demo-next", folder=folder, number=made[0].number)


@command(None, "doctor")
@option("--fix", "is_fixing", is_flag=True)
def doctor(session: Session, is_fixing: bool) -> None:
    with session.engine() as engine:
        if is_fixing:
            _fix(session, engine)
        found = engine.doctor()
    checks = []
    for finding in found:
        message = t(f"doctor.{finding.id}.{finding.state}", **_worded(finding.facts))
        cure = t(f"doctor-fix.{finding.id}") if finding.state != "ok" else ""
        checks.append({"id": finding.id, "state": finding.state, "message": message, "fix": cure})
        if finding.state == "problem":
            session.exit_status = 3
    marks = {"ok": session.paint("✓", "green"), "remark": session.paint("!", "yellow"), "problem": session.paint("✗", "red")}
    lines = [f"{marks[check['state']]} {check['message']}" + (f"\n    {check['fix']}" if check["fix"] else "") for check in checks]
    session.result({"checks": checks}, lines)


@command(config, "config.show")
def show(session: Session) -> None:
    with session.engine() as engine:
        values = engine.settings.model_dump(mode="json")
    session.result(values, [f"{name} = {value!r}" for name, value in values.items()])


@command(config, "config.get")
@click.argument("name")
def get(session: Session, name: str) -> None:
    with session.engine() as engine:
        values = engine.settings.model_dump(mode="json")
    if name not in values:
        raise BadSetting(setting=name, value="", allowed=", ".join(values))
    session.result({name: values[name]}, [str(values[name])])


@command(config, "config.set")
@click.argument("name")
@click.argument("value")
def set_(session: Session, name: str, value: str) -> None:
    from engine.settings import changed

    changed(session.folder(), name, value)
    session.say("terminal.setting-changed", name=name, value=value)
    session.result({name: value})


@command(config, "config.path")
def path(session: Session) -> None:
    found = session.folder() / "docstage.toml"
    session.result({"path": str(found)}, [str(found)])


@command(None, "completion")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(session: Session, shell: str) -> None:
    root = click.get_current_context().find_root().command
    found = get_completion_class(shell)
    if found is None:
        raise click.UsageError(shell)
    text = found(root, {}, "docstage", "_DOCSTAGE_COMPLETE").source()
    session.result({"shell": shell, "script": text}, [text])


def _worded(facts: dict[str, Any]) -> dict[str, Any]:
    """The facts with a reason in the user's language: an error's text, or the sentence of a key."""
    reason = facts.get("reason")
    if isinstance(reason, EngineError):
        return {**facts, "reason": reason.text(language())}
    return {**facts, "reason": t(reason, **facts)} if isinstance(reason, str) and "." in reason else facts


def _laid_out(engine: Engine, documents: list[Any], folder: Path) -> list[str]:
    """Copies of the documents' PDFs under their numbers, where a person finds them."""
    folder.mkdir(exist_ok=True)
    paths = []
    for part in documents:
        for revision in engine.revisions(part.id)[-1:]:
            paths.append(shutil.copyfile(engine.paths(revision)["pdf"], folder / f"{part.number}.pdf"))
    return [str(path.resolve()) for path in paths]


def _drafts(engine: Engine, folder: Path) -> list[str]:
    """The office files of the demo's documents, without numbers: what can be made where no PDF can."""
    folder.mkdir(exist_ok=True)
    paths = []
    for kind in ("invoice", "contract", "act"):
        suffix, data = engine.draft(f"{kind}.uk", order=DEMO_ORDER)
        path = folder / f"{kind}.uk{suffix}"
        path.write_bytes(data)
        paths.append(str(path.resolve()))
    return paths


def _fix(session: Session, engine: Engine) -> None:
    """What can be mended by itself: jobs that were cut short are taken to their end, the index is brought up to date."""
    session.fail_jobs(engine.resume())
    verdict = engine.index_verify()
    if not verdict.ok:
        engine.index_rebuild()
