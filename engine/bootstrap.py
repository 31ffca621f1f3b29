"""The one place that knows concrete classes: it finds or makes a workspace and puts an `Engine` together."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import tomlkit

from engine import messages, settings
from engine.catalogue import SUFFIXES, Catalogue, shipped
from engine.deliver.mail import Outbox
from engine.demo import default_setup, demo_data
from engine.errors import CannotWrite, NoWorkspace, unwritten
from engine.indexing import DocumentIndex
from engine.jobs import Inline, Threads
from engine.model import LANGUAGES
from engine.pipeline import Tools
from engine.plugins import Plugins
from engine.render.pool import Pool
from engine.service import Engine
from engine.store.files import Files
from engine.store.register import Register

REGISTER = "register.sqlite3"
FOLDERS = ("files", "index", "templates", "outbox")


def open_engine(workspace: str | Path | None = None, *, plugins: Iterable[object] = (), **options: Any) -> Engine:
    """The engine of a workspace: the one named, else DOCSTAGE_WORKSPACE, else the nearest docstage.toml upwards, else the user's own.

    `options` win over the workspace's settings: `language`, `author`. `plugins` join the installed ones.

    Raises NoWorkspace, NewerWorkspace, RegisterBusy, RegisterDamaged, BadSetting.
    """
    folder = find_workspace(workspace)
    chosen = settings.load(folder, **options)
    register = Register.open(folder / REGISTER, busy_seconds=chosen.register_seconds)
    files = Files(folder / "files")
    tools = Tools(
        register=register,
        files=files,
        catalogue=Catalogue(folder / "templates"),
        renderer=Pool(seconds=chosen.render_seconds),
        index=DocumentIndex(folder / "index", register, files),
        deliverer=Outbox(folder / "outbox"),
        plugins=Plugins(plugins, with_installed=chosen.plugins),
        settings=chosen,
        now=lambda: datetime.now(UTC),
    )
    return Engine(folder, tools, Threads() if chosen.jobs == "threads" else Inline())


def find_workspace(named: str | Path | None = None) -> Path:
    """The workspace's folder. Raises NoWorkspace where the named one, or every place looked at, has no docstage.toml."""
    named = named or os.environ.get("DOCSTAGE_WORKSPACE")
    if named:
        return _workspace(Path(named))
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / settings.FILE).is_file():
            return folder
    own = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "docstage"
    return _workspace(own if (own / settings.FILE).is_file() else here)


def is_workspace(folder: Path) -> bool:
    """Whether `folder` is a workspace already."""
    return (folder / settings.FILE).exists()


def create_workspace(folder: Path, *, language: str = "uk", is_demo: bool = False) -> Path:
    """Make a workspace: settings with comments, an empty register, the stock templates; with `is_demo` the demo's data too.

    Its settings are written last, so a folder that they are in is whole. Raises CannotWrite or DiskFull.
    """
    folder = folder.resolve()
    if is_workspace(folder):
        raise CannotWrite(path=folder, reason=messages.text("workspace.exists", language))
    try:
        for name in FOLDERS:
            (folder / name).mkdir(parents=True, exist_ok=True)
        for path in sorted(shipped().iterdir()):
            if path.suffix in (*SUFFIXES, ".toml") and not (folder / "templates" / path.name).exists():
                shutil.copyfile(path, folder / "templates" / path.name)
        (folder / REGISTER).unlink(missing_ok=True)
        Register.create(folder / REGISTER).close()
        (folder / settings.FILE).write_text(_settings_text(language, default_entity="ua-llc" if is_demo else ""), "utf-8")
    except OSError as error:
        raise unwritten(error, folder) from error
    with open_engine(folder) as engine:
        engine.import_object(demo_data() if is_demo else default_setup())
    return folder


def _workspace(folder: Path) -> Path:
    if not is_workspace(folder):
        raise NoWorkspace(path=folder.resolve())
    return folder.resolve()


def _settings_text(language: str, **values: Any) -> str:
    """docstage.toml with each setting's meaning above it, in the user's language; those at their default stand as comments."""
    language = language if language in LANGUAGES else "en"
    document = tomlkit.document()
    document.add(tomlkit.comment(messages.text("workspace.settings", language)))
    for name, field in settings.Settings.model_fields.items():
        document.add(tomlkit.nl())
        document.add(tomlkit.comment(messages.text(f"setting.{name}", language)))
        value = language if name == "language" else values.get(name)
        if value:
            document.add(name, value)
        else:
            default = field.get_default(call_default_factory=True)
            document.add(tomlkit.comment(f"{name} = {tomlkit.item(default).as_string()}".rstrip()))
    return tomlkit.dumps(document)
