"""The words that users read, in Ukrainian, Russian and English: one catalogue for terminal, API, pages and comments.

Sentences stand in `<area>.<language>.toml` beside this module, under dotted keys, with `$name` where a fact goes in.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from string import Template
from typing import Any


def text(key: str, language: str = "en", **facts: Any) -> str:
    """The sentence under `key` in `language` (English where the language is not ours), with `facts` put in.

    >>> text("place.page", "uk", page=3)
    'с. 3'

    Raises KeyError where the catalogue has no such key: a missing sentence is a bug that tests find.
    """
    sentences = catalogue(language)
    return Template(sentences[key]).safe_substitute({name: str(value) for name, value in facts.items()})


def has(key: str, language: str = "en") -> bool:
    """Whether the catalogue has a sentence under `key`."""
    return key in catalogue(language)


def place(facts: Mapping[str, Any], language: str = "en") -> str:
    """A `Place` as people say it: «Рахунок.docx · с. 1 · таблиця 2, рядок 3»."""
    parts = [str(facts["file"])] if facts.get("file") else []
    if facts.get("part"):
        parts.append(text(f"place.part.{facts['part']}", language))
    for key in ("page", "paragraph", "sheet", "cell"):
        if facts.get(key):
            parts.append(text(f"place.{key}", language, **facts))
    if facts.get("table"):
        inside = [text(f"place.{key}", language, **facts) for key in ("table", "row", "col") if facts.get(key)]
        parts.append(", ".join(inside))
    return " · ".join(parts)


@cache
def catalogue(language: str) -> Mapping[str, str]:
    """All sentences of one language by dotted key."""
    if language not in ("uk", "ru", "en"):
        return catalogue("en")
    found: dict[str, str] = {}
    for file in sorted(files(__package__).iterdir(), key=lambda entry: entry.name):
        if file.name.endswith(f".{language}.toml"):
            _flatten(tomllib.loads(file.read_text("utf-8")), "", found)
    return found


def _flatten(table: Mapping[str, Any], prefix: str, into: dict[str, str]) -> None:
    for key, value in table.items():
        if isinstance(value, Mapping):
            _flatten(value, f"{prefix}{key}.", into)
        else:
            into[f"{prefix}{key}"] = value
