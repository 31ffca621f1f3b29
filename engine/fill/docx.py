"""Word templates, filled by docxtpl in the sandbox."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from typing import Any

from docxtpl.template import DocxTemplate
from jinja2 import Environment

from engine.fill.archive import settled
from engine.fill.environment import Manner, environment
from engine.fill.habits import mended

_TAG = re.compile(r"(\{\{|\{%|\{#)(.*?)(\}\}|%\}|#\})", re.DOTALL)


def fill(template: bytes, fields: Mapping[str, Any], manner: Manner) -> bytes:
    """The filled file. The same template, fields and manner give the same bytes.

    Raises jinja2's errors and FieldError; `engine.fill` gives them their place.
    """
    document = _Template(io.BytesIO(template), environment(manner, is_markup=False))
    document.render(dict(fields), environment(manner, is_markup=True))
    out = io.BytesIO()
    document.save(out)
    return settled(out.getvalue(), like=template)


class _Template(DocxTemplate):
    """docxtpl with what it lacks: Word's habits forgiven, properties that are not escaped twice."""

    def __init__(self, file: io.BytesIO, plain: Environment) -> None:
        super().__init__(file)
        self._plain = plain

    def patch_xml(self, src_xml: str) -> str:
        patched: str = super().patch_xml(src_xml)  # type: ignore[no-untyped-call]  # docxtpl has no types here
        return mended(_lifted(patched))

    def render_properties(self, context: dict[str, Any], jinja_env: Environment | None = None) -> None:  # noqa: ARG002
        """Properties are plain text: python-docx escapes them, so the template must not."""
        super().render_properties(context, self._plain)


def _lifted(xml: str) -> str:
    """Quotation marks and apostrophes that XML spells out, as Jinja reads them; within tags only."""

    def lift(match: re.Match[str]) -> str:
        inside = match.group(2).replace("&quot;", '"').replace("&apos;", "'").replace("&#39;", "'").replace("&amp;", "&")
        return f"{match.group(1)}{inside}{match.group(3)}"

    return _TAG.sub(lift, xml)
