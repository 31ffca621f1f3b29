"""Word templates, filled by docxtpl in the sandbox."""

from __future__ import annotations

import io
import re
import traceback
from collections.abc import Mapping
from typing import Any

from docx.opc.part import Part
from docxtpl.template import DocxTemplate
from jinja2 import Environment
from jinja2.exceptions import TemplateError
from lxml import etree

from engine.fill.archive import opened, settled
from engine.fill.environment import Manner, environment
from engine.fill.habits import mended
from engine.fill.repeats import repeat
from engine.fill.sandbox import TROUBLES, BrokenMarkup, Stopped

_TAG = re.compile(r"(\{\{|\{%|\{#)(.*?)(\}\}|%\}|#\})", re.DOTALL)
# docxtpl knows its own tags by a plain space, and looks for them before Word's habits are forgiven.
_SPACED = re.compile("(\\{(?:%-?|\\{)(?:tr|tc|p|r))[\u00a0\u202f]")
_NOTES = re.compile(r"application/vnd\.openxmlformats-officedocument\.wordprocessingml\.(?:footnotes|endnotes)\+xml")
_PROPERTIES = ("author", "category", "comments", "content_status", "identifier", "keywords", "language", "subject", "title", "version")
_NOT_IN_PROPERTIES = re.compile("[\x07\x0c]")
_LONGEST_PROPERTY = 255


def fill(template: bytes, fields: Mapping[str, Any], manner: Manner) -> bytes:
    """The filled file. The same template, fields and manner give the same bytes.

    Raises Stopped, whose cause is what went wrong; `engine.fill` gives it its place.
    """
    document = _Template(io.BytesIO(opened(template)), environment(manner, is_markup=False), fields)
    document.render(dict(fields), environment(manner, is_markup=True))
    out = io.BytesIO()
    document.save(out)
    return settled(out.getvalue(), like=template)


class _Template(DocxTemplate):
    """docxtpl with what it lacks: Word's habits forgiven, endnotes, all properties, nothing lost without a word."""

    def __init__(self, file: io.BytesIO, plain: Environment, fields: Mapping[str, Any]) -> None:
        super().__init__(file)
        self._plain, self._fields = plain, fields

    def patch_xml(self, src_xml: str) -> str:
        """The one place where a part's XML becomes a Jinja template."""
        patched: str = super().patch_xml(_SPACED.sub(r"\1 ", repeat(src_xml, self._fields)))  # type: ignore[no-untyped-call]  # docxtpl has no types here
        return mended(_lifted(patched))

    def render_xml_part(self, src_xml: str, part: Part, context: dict[str, Any], jinja_env: Environment | None = None) -> str:  # noqa: PLR0917
        """The part filled; docxtpl would go on with markup that is broken, and lose the text behind the break."""
        try:
            filled: str = super().render_xml_part(src_xml, part, context, jinja_env)  # type: ignore[no-untyped-call]
        except TROUBLES as error:
            raise Stopped(text=_paragraph(src_xml, error)) from error
        try:
            etree.fromstring(filled.encode("utf-8"))
        except etree.XMLSyntaxError as error:
            raise Stopped() from BrokenMarkup(str(error))
        return filled

    def render_properties(self, context: dict[str, Any], jinja_env: Environment | None = None) -> None:  # noqa: ARG002
        """Properties are plain text: python-docx escapes them, so the template must not."""
        properties = self.get_docx().core_properties  # type: ignore[no-untyped-call]
        for name in _PROPERTIES:
            text = getattr(properties, name)
            if "{" not in text:
                continue
            try:
                filled = self._plain.from_string(mended(text)).render(context)
            except TROUBLES as error:
                raise Stopped(text=text) from error
            setattr(properties, name, _NOT_IN_PROPERTIES.sub(" ", filled)[:_LONGEST_PROPERTY])

    def render_footnotes(self, context: dict[str, Any], jinja_env: Environment | None = None) -> None:
        """Footnotes and endnotes, each once: docxtpl fills them again for every section, and so what a value says."""
        for part in self.get_docx().part.package.iter_parts():  # type: ignore[no-untyped-call]
            if _NOTES.fullmatch(part.content_type):
                xml = self.patch_xml(part.blob.decode("utf-8"))
                part._blob = self.render_xml_part(xml, part, context, jinja_env).encode("utf-8")


def _paragraph(xml: str, error: Exception) -> str:
    """The text of the paragraph that the error came from, or ""; docxtpl puts each paragraph on a line of its own."""
    if isinstance(error, TemplateError) and getattr(error, "lineno", None):
        number: int | None = error.lineno  # type: ignore[attr-defined]
    else:
        numbers = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == "<template>"]
        number = numbers[-1] if numbers else None
    lines = re.sub(r"<w:p([ >])", r"\n<w:p\1", xml).split("\n")
    return re.sub(r"<[^>]+>", "", lines[number - 1]) if number and number <= len(lines) else ""


def _lifted(xml: str) -> str:
    """Quotation marks and apostrophes that XML spells out, as Jinja reads them; within tags only."""

    def lift(match: re.Match[str]) -> str:
        inside = match.group(2).replace("&quot;", '"').replace("&apos;", "'").replace("&#39;", "'").replace("&amp;", "&")
        return f"{match.group(1)}{inside}{match.group(3)}"

    return _TAG.sub(lift, xml)
