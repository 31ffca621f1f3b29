"""The templates at hand: the admins' own in the workspace, then the shipped.

A template's file is named `<kind>.<language>.docx|.xlsx`; its id is that without the suffix. `manifest.toml` beside it gives the title
and the pattern of its numbers; a file that the manifest does not name takes those of its kind and language, or plain ones.
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Iterable
from importlib.resources import files
from pathlib import Path
from typing import Any

from engine.errors import BadSetting, NotFound, nearest
from engine.model import Template

SUFFIXES = (".docx", ".xlsx")


def shipped() -> Path:
    """The folder of the templates that come with docstage: inside the installed package, or beside it in a checkout."""
    package = Path(str(files("engine")))
    installed = package / "office"
    return installed if installed.is_dir() else package.parent / "templates" / "office"


class Catalogue:
    """Templates of one workspace; every call looks at the folders anew, so a template saved in Word is there at once."""

    def __init__(self, own: Path) -> None:
        self._own = own

    def templates(self) -> tuple[Template, ...]:
        """All templates, own ones in place of shipped ones of the same id, by id."""
        stock = {template.id: template for template in _read(shipped(), {}, is_stock=True)}
        own = {template.id: template for template in _read(self._own, stock, is_stock=False)}
        return tuple(template for _, template in sorted({**stock, **own}.items()))

    def template(self, template_id: str) -> Template:
        """The template with this id; NotFound suggests the nearest."""
        templates = {template.id: template for template in self.templates()}
        if template_id in templates:
            return templates[template_id]
        raise NotFound(what="template", name=template_id, suggestion=nearest(template_id, templates) or next(iter(templates), ""))

    def choose(self, kind: str, languages: Iterable[str]) -> Template | None:
        """The template of `kind` in the first of `languages` that has one, else in any language; None where there is none."""
        by_language: dict[str, Template] = {}
        for template in self.templates():
            if template.kind == kind:
                by_language.setdefault(template.language, template)
        for language in languages:
            if language in by_language:
                return by_language[language]
        return next(iter(by_language.values()), None)

    def kinds(self) -> tuple[str, ...]:
        """The kinds of document that can be made."""
        return tuple(dict.fromkeys(template.kind for template in self.templates()))


def _read(folder: Path, stock: dict[str, Template], *, is_stock: bool) -> list[Template]:
    manifest = _manifest(folder / "manifest.toml")
    found = []
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if path.suffix.lower() not in SUFFIXES or path.name.startswith((".", "~")):
            continue
        kind, _, language = path.name[: -len(path.suffix)].partition(".")
        template_id = path.stem
        like = stock.get(template_id)
        row = manifest.get(template_id, {})
        found.append(
            Template(
                id=template_id,
                kind=row.get("kind", like.kind if like else kind),
                language=row.get("language", like.language if like else language.split(".")[-1]),
                suffix=path.suffix.lower(),
                title=row.get("title", like.title if like else kind),
                series=row.get("series", like.series if like else f"{{prefix}}{kind.upper()}-{{yyyy}}-{{n:04}}"),
                path=str(path.resolve()),
                version=hashlib.sha256(path.read_bytes()).hexdigest(),
                is_stock=is_stock,
            )
        )
    return found


def _manifest(path: Path) -> dict[str, dict[str, Any]]:
    """The manifest's `[[template]]` rows by id."""
    if not path.exists():
        return {}
    try:
        rows = tomllib.loads(path.read_text("utf-8")).get("template", [])
    except tomllib.TOMLDecodeError as error:
        raise BadSetting(setting=path.name, value=str(error), allowed="TOML") from error
    return {row["id"]: row for row in rows if "id" in row}
