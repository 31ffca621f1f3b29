"""The language of the terminal: `--lang`, then DOCSTAGE_LANGUAGE, then the workspace's setting, then the locale."""

from __future__ import annotations

import os
import sys
import tomllib
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from engine.messages import text as _text
from engine.model import LANGUAGES


@cache
def language() -> str:
    """The language of this run. It is needed before the options are parsed, for the pages of help, so it is read off the command line."""
    return chosen(sys.argv[1:])


def chosen(arguments: Sequence[str]) -> str:
    """The language that these arguments, the environment and the workspace ask for."""
    wanted = [_option(arguments, "--lang"), os.environ.get("DOCSTAGE_LANGUAGE", ""), _of_workspace(arguments)]
    wanted += [os.environ.get(name, "")[:2].lower() for name in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(name)][:1]
    return next((name for name in wanted if name in LANGUAGES), "en")


def t(key: str, **facts: object) -> str:
    """The sentence under `key` in the language of this run."""
    return _text(key, language(), **facts)


def _option(arguments: Sequence[str], *names: str) -> str:
    for position, argument in enumerate(arguments):
        name, _, value = argument.partition("=")
        if name in names:
            return value or next(iter(arguments[position + 1 : position + 2]), "")
    return ""


def _of_workspace(arguments: Sequence[str]) -> str:
    """The language in the nearest docstage.toml; "" where it is not found or not readable: the command itself will say so."""
    named = _option(arguments, "-w", "--workspace") or os.environ.get("DOCSTAGE_WORKSPACE", "")
    here = Path.cwd()
    for folder in [Path(named)] if named else [here, *here.parents]:
        try:
            return str(tomllib.loads((folder / "docstage.toml").read_text("utf-8")).get("language", "uk"))
        except (OSError, ValueError):
            continue
    return ""
