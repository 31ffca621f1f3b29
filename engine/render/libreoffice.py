"""Where LibreOffice is, and a Python that can speak with it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from engine.errors import NoLibreOffice

PATH = "/usr/local/bin:/usr/bin:/bin"
# Prints what a sandbox must show for `import uno` to work there.
_PROBE = "import os, sys, uno; print(sys.executable, os.path.dirname(uno.__file__), sys.base_prefix, sys.prefix, sep='\\n')"


@dataclass(frozen=True, slots=True)
class Installation:
    """`soffice` is the command that was found, `program` the folder it leads to, `folders` what both need outside of /usr."""

    soffice: str
    program: Path
    python: str
    folders: tuple[Path, ...]


@cache
def find() -> Installation:
    """The LibreOffice of this machine: the one on PATH, else the newest in /opt. Raises NoLibreOffice, which is not remembered."""
    commands = [found for name in ("soffice", "libreoffice") if (found := shutil.which(name))]
    commands += [str(path) for path in sorted(Path("/opt").glob("libreoffice*/program/soffice"), reverse=True)]
    for command in commands:
        program = Path(command).resolve().parent
        if (program / "soffice.bin").is_file():
            return _with_python(command, program)
    raise NoLibreOffice(searched="soffice, libreoffice, /opt/libreoffice*")


def _with_python(soffice: str, program: Path) -> Installation:
    """LibreOffice's own Python where it has one, else the system's: the workspace's environment need not know UNO."""
    candidates = (str(program / "python"), "/usr/bin/python3", shutil.which("python3") or "", sys.executable)
    for candidate in dict.fromkeys(candidates):
        if Path(candidate).is_file() and (lines := _probe(candidate)):
            python, *folders = lines
            needed = {Path(folder).resolve() for folder in folders} | {program.parent, Path(python).resolve().parent}
            outside = tuple(sorted(folder for folder in needed if not folder.is_relative_to("/usr") and folder != Path("/")))
            # LibreOffice's own `python` is a script that sets paths for the interpreter it starts.
            return Installation(soffice, program, candidate if candidate == candidates[0] else python, outside)
    raise NoLibreOffice(searched="python3-uno")


def _probe(python: str) -> list[str]:
    command = [python, "-B", "-c", _PROBE]
    try:
        ran = subprocess.run(command, capture_output=True, text=True, check=False, timeout=20, env={"PATH": PATH, "LC_ALL": "C.UTF-8"})
    except (OSError, subprocess.TimeoutExpired):
        return []
    return ran.stdout.splitlines() if ran.returncode == 0 else []
