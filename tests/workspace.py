"""A workspace as the tests use it: opened in Python, or by the command in a process of its own, as a user would."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine import open_engine
from engine.service import Engine

ROOT = Path(__file__).parent.parent
CLEAN = {"DOCSTAGE_WORKSPACE", "DOCSTAGE_LANGUAGE", "NO_COLOR", "FORCE_COLOR"}


@dataclass(frozen=True)
class Workspace:
    """`folder` is a workspace, or the place where one will be made."""

    folder: Path

    def engine(self, **options: Any) -> Engine:
        return open_engine(self.folder, **options)

    def run(self, *arguments: str, **settings: Any) -> subprocess.CompletedProcess[str]:
        """`docstage -w FOLDER ARGUMENTS`; `env` adds to the environment, `input` is typed in."""
        return docstage("-w", str(self.folder), *arguments, **settings)

    def json(self, *arguments: str, **settings: Any) -> Any:
        """The envelope that the command printed."""
        ran = self.run(*arguments, "--json", **settings)
        return json.loads(ran.stdout)


def docstage(*arguments: str, env: dict[str, str] | None = None, **settings: Any) -> subprocess.CompletedProcess[str]:
    """The command as a user runs it."""
    clean = {name: value for name, value in os.environ.items() if name not in CLEAN}
    environment = clean | {"LC_ALL": "C.UTF-8", "PYTHONPATH": str(ROOT)} | (env or {})
    command = [sys.executable, "-m", "cli", *arguments]
    return subprocess.run(
        command,
        check=False,
        capture_output=True,
        text=True,
        encoding="utf-8",
        env=environment,
        timeout=settings.pop("timeout", 120),
        **settings,
    )
