"""Templates as their authors meet them: found by id or file, checked, previewed, filled with any object, and the fields they may name."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from engine.catalogue import SUFFIXES
from engine.context import fields_of, merge_fields, sample, sample_document
from engine.errors import EngineError, NotFound, RefusedFile
from engine.fill import Manner, fields_used, fill, problems
from engine.guard import check_office
from engine.model import Case, Template
from engine.pipeline import Tools, case_of


@dataclass(frozen=True, slots=True)
class Preview:
    """A template's PDF, its pages, and the slips that were found in it."""

    pdf: bytes
    pages: int
    problems: tuple[EngineError, ...]


@dataclass(frozen=True, slots=True)
class FieldRow:
    """One merge field: its dotted name and the same in uk and ru, its type, the key of its meaning in the messages, its value."""

    name: str
    uk: str
    ru: str
    type: str
    meaning: str
    value: Any


def template_of(tools: Tools, ref: str) -> Template:
    """The template with this id, or in the file at this path."""
    path = Path(ref)
    if path.suffix.lower() not in SUFFIXES and not path.exists():
        return tools.catalogue.template(ref)
    if not path.is_file():
        raise NotFound(what="template", name=ref, suggestion="")
    data = path.read_bytes()
    suffix = check_office(data, path.name)
    language = path.stem.rpartition(".")[2]
    return Template(
        id=path.stem,
        kind=path.stem.partition(".")[0],
        language=language if language in ("uk", "ru", "en") else tools.settings.language,
        suffix=suffix,
        title=path.stem,
        series="",
        path=str(path.resolve()),
        version=hashlib.sha256(data).hexdigest(),
    )


def check(tools: Tools, ref: str) -> tuple[EngineError, ...]:
    """All slips in the template; a file that cannot be opened is one."""
    try:
        template = template_of(tools, ref)
        path = Path(template.path)
        fields = merge_fields(sample(template.language), sample_document(template.language), "Автор")
        return problems(path.read_bytes(), template.suffix, fields, name=path.name, filters=tools.plugins.filters())
    except RefusedFile as error:
        return (error,)


def preview(tools: Tools, ref: str, *, order: str = "") -> Preview:
    """The template's PDF. Raises the first slip that stops it from being filled."""
    template = template_of(tools, ref)
    of = case(tools, order) if order else sample(template.language)
    fields = merge_fields(of, sample_document(template.language), tools.settings.author or "Автор")
    office = _filled(tools, template, fields, currency=of.order.currency)
    pdf = tools.renderer.pdf(office, template.suffix, name=Path(template.path).name)
    return Preview(pdf.data, pdf.pages, check(tools, ref))


def draft(tools: Tools, ref: str, *, order: str) -> tuple[str, bytes]:
    """The suffix and the bytes of the office file that the template makes of an order, with a sample number."""
    template = template_of(tools, ref)
    of = case(tools, order)
    fields = merge_fields(of, sample_document(template.language), tools.settings.author)
    return template.suffix, _filled(tools, template, fields, currency=of.order.currency)


def used_fields(tools: Tools, ref: str) -> frozenset[str]:
    """The dotted names of the fields that the template names."""
    template = template_of(tools, ref)
    return fields_used(Path(template.path).read_bytes(), template.suffix)


def fill_with(tools: Tools, ref: str, data: Mapping[str, Any], *, suffix: str) -> bytes:
    """The template filled with `data` as it is; PDF where `suffix` is `.pdf`. Raises NotFound for a suffix it cannot have."""
    template = template_of(tools, ref)
    if suffix not in (".pdf", template.suffix):
        raise NotFound(what="file", name=f"*{suffix}", suggestion=template.suffix)
    office = _filled(tools, template, data, currency="")
    return tools.renderer.pdf(office, template.suffix, name=Path(template.path).name).data if suffix == ".pdf" else office


def field_rows(tools: Tools, *, order: str = "") -> tuple[FieldRow, ...]:
    """The merge fields, group by group, with the order's values or the sample's; those of a list stand under the name of its element."""
    language = tools.settings.language
    fields = merge_fields(case(tools, order) if order else sample(language), sample_document(language), tools.settings.author)
    roots = fields_of("root")
    return tuple(
        row
        for root in roots
        for row in _rows(FieldRow(root.name, root.uk, root.ru, root.type, f"fields.root.{root.name}", fields[root.name]))
    )


def _rows(row: FieldRow) -> Iterator[FieldRow]:
    """The row itself, or those of the group it leads to."""
    group = row.type.removeprefix("list of ")
    children = fields_of(group)
    if row.type.startswith("list of "):
        yield replace(row, value=len(row.value))
        first = row.value[0] if row.value else {}
        row = FieldRow(group, group, group, group, row.meaning, first)
    elif not children:
        yield row
    for child in children:
        meaning = f"fields.{'party' if group in ('client', 'entity') else group}.{child.name}"
        names = [f"{prefix}.{name}" for prefix, name in ((row.name, child.name), (row.uk, child.uk), (row.ru, child.ru))]
        yield from _rows(FieldRow(names[0], names[1], names[2], child.type, meaning, row.value.get(child.name)))


def case(tools: Tools, order: str) -> Case:
    """The order with both its sides, as a document would be made from it now."""
    with tools.register.reading() as tx:
        return case_of(tx, tx.orders.get(order).id, tools.settings)


def _filled(tools: Tools, template: Template, fields: Mapping[str, Any], *, currency: str) -> bytes:
    path = Path(template.path)
    return fill(
        path.read_bytes(),
        template.suffix,
        fields,
        manner=Manner(template.language or tools.settings.language, currency, tools.plugins.filters()),
        name=path.name,
    )
