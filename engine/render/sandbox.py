"""What the worker sees of the machine: next to nothing inside bubblewrap, a clean environment without it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from pathlib import Path

from engine.render.libreoffice import PATH

# Where the worker finds its own files inside.
CODE, JOBS, HOME = "/docstage", "/jobs", "/tmp/home"  # noqa: S108  # a tmpfs of the sandbox, gone with it
_ROOT_LINKS = ("bin", "sbin", "lib", "lib32", "lib64", "libx32")
# Fonts decide the layout, the time zone what TODAY() says; alternatives are where some of Debian's fonts and libraries lead.
_SETTINGS = (
    "/etc/fonts",
    "/etc/libreoffice",
    "/etc/alternatives",
    "/etc/ld.so.cache",
    "/etc/localtime",
    "/var/cache/fontconfig",
)


def bubblewrap() -> str:
    """The path of bwrap, or "" where it is not installed."""
    return shutil.which("bwrap") or ""


def enclosed(command: list[str], code: dict[str, Path], *, jobs: Path, folders: Iterable[Path]) -> list[str]:
    """`command` inside bubblewrap: no network, no processes of others; files are programs, fonts, `folders`, `code` by name and `jobs`."""
    walls = [bubblewrap(), "--unshare-all", "--die-with-parent", "--new-session", "--cap-drop", "ALL", "--hostname", "docstage"]
    walls += ["--ro-bind", "/usr", "/usr"]
    for name in _ROOT_LINKS:
        path = Path("/", name)
        if path.is_symlink():
            walls += ["--symlink", os.fspath(path.readlink()), os.fspath(path)]
        elif path.is_dir():
            walls += ["--ro-bind", os.fspath(path), os.fspath(path)]
    for setting in _SETTINGS:
        walls += ["--ro-bind-try", setting, setting]
    walls += ["--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp", "--dir", HOME]  # noqa: S108
    for folder in folders:
        walls += ["--ro-bind", os.fspath(folder), os.fspath(folder)]
    for name, path in code.items():
        walls += ["--ro-bind", os.fspath(path), f"{CODE}/{name}"]
    return [*walls, "--bind", os.fspath(jobs), JOBS, "--chdir", JOBS, "--", *command]


def environment(home: str) -> dict[str, str]:
    """All that LibreOffice is told by the environment: no name, key or proxy of the user's crosses."""
    told = {
        "PATH": PATH,
        "HOME": home,
        "TMPDIR": home,
        "LC_ALL": "C.UTF-8",
        "SAL_USE_VCLPLUGIN": "svp",
        "SAL_DISABLE_OPENCL": "1",
        "SAL_DISABLE_PRINTERLIST": "1",
    }
    return told | {name: os.environ[name] for name in ("TZ",) if name in os.environ}
