"""What works on this machine and in this workspace, and what does not, each with its cure."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

from engine.errors import EngineError
from engine.jobs import is_gone
from engine.pipeline import Tools

OK, REMARK, PROBLEM = "ok", "remark", "problem"
FONTS = ("Liberation Sans", "Carlito", "Caladea", "DejaVu Sans")
_LOW_SPACE = 500 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at: its `id`, how it stands, and the facts of its sentence (`doctor.<id>.<state>` in the messages)."""

    id: str
    state: str
    facts: dict[str, Any] = field(default_factory=dict)


def findings(workspace: Path, tools: Tools) -> tuple[Finding, ...]:
    """Everything there is to say, in the order in which a person would mend it."""
    checks: tuple[Callable[[], Finding], ...] = (
        lambda: _libreoffice(tools),
        lambda: _sandbox(tools),
        _fonts,
        lambda: _disk(workspace),
        lambda: _register(tools),
        lambda: _jobs(tools),
        lambda: _index(tools),
        lambda: _mail(workspace),
        lambda: _plugins(tools),
        _names,
    )
    return tuple(check() for check in checks)


def _libreoffice(tools: Tools) -> Finding:
    state = tools.renderer.state()
    if not state.version:
        return Finding("libreoffice", PROBLEM, {"path": state.libreoffice or "—"})
    return Finding("libreoffice", OK, {"version": state.version, "path": state.libreoffice})


def _sandbox(tools: Tools) -> Finding:
    state = tools.renderer.state()
    if not state.version or state.is_sandboxed:
        return Finding("sandbox", OK)
    return Finding("sandbox", REMARK, {"reason": state.sandbox_reason, "detail": state.sandbox_detail})


def _fonts() -> Finding:
    if shutil.which("fc-list") is None:
        return Finding("fonts", REMARK, {"missing": "fontconfig"})
    known = subprocess.run(["fc-list", ":", "family"], capture_output=True, text=True, check=False, timeout=20).stdout
    missing = [name for name in FONTS if name not in known]
    return Finding("fonts", REMARK, {"missing": ", ".join(missing)}) if missing else Finding("fonts", OK)


def _disk(workspace: Path) -> Finding:
    free = shutil.disk_usage(workspace).free
    facts = {"free": f"{free // (1024 * 1024):,}".replace(",", " "), "path": workspace}
    writable = os.access(workspace, os.W_OK)
    return Finding("disk", OK if writable and free > _LOW_SPACE else PROBLEM, facts)


def _register(tools: Tools) -> Finding:
    try:
        with tools.register.reading() as tx:
            return Finding("register", OK, {"documents": tx.documents.count()})
    except EngineError as error:
        return Finding("register", PROBLEM, {"reason": error})


def _jobs(tools: Tools) -> Finding:
    with tools.register.reading() as tx:
        unfinished = len(tx.jobs.unfinished(tools.now(), is_gone))
    return Finding("jobs", PROBLEM if unfinished else OK, {"count": unfinished})


def _index(tools: Tools) -> Finding:
    try:
        verdict = tools.index.verify()
    except EngineError as error:
        return Finding("index", PROBLEM, {"reason": error})
    wrong = len(verdict.missing) + len(verdict.surplus) + len(verdict.stale)
    return Finding("index", OK if verdict.ok else REMARK, {"documents": verdict.documents, "wrong": wrong})


def _mail(workspace: Path) -> Finding:
    return Finding("mail", REMARK, {"path": workspace / "outbox"})


def _plugins(tools: Tools) -> Finding:
    names = tools.plugins.names()
    return Finding("plugins", OK, {"names": ", ".join(names) or "—"})


def _names() -> Finding:
    """`engine`, `index` and `cli` are ours alone: a second distribution with the same names would be imported by chance."""
    owners = packages_distributions()
    strangers = {name for top in ("engine", "index", "cli") for name in owners.get(top, ()) if name != "docstage"}
    return Finding("names", PROBLEM if strangers else OK, {"names": ", ".join(sorted(strangers))})
