"""What Word makes of a tag while its author types: quotation marks of her language, dashes, no-break spaces. Forgiven inside tags only."""

from __future__ import annotations

import re

TAG = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
_OPENING = "«„“”‚‘"
_CLOSING = {'"': '"', "'": "'"} | dict.fromkeys(_OPENING, "»”“\"’‘'")
_DASHES = "–—−"  # en dash, em dash, minus sign


def mended(text: str) -> str:
    """The text with its tags as they were meant.

    >>> mended("«Сума» {{ order.note|default(«немає») }} – {%– if x %}")
    '«Сума» {{ order.note|default("немає") }} – {%- if x %}'
    """
    return TAG.sub(lambda match: _tag(match.group()), text)


def _tag(tag: str) -> str:
    """One tag, its quoted strings kept as they are but for the quotes around them."""
    if not any(char in tag for char in _OPENING + _DASHES + "\u00a0\u202f"):
        return tag
    out, position = [], 0
    while position < len(tag):
        char = tag[position]
        if char in _CLOSING:
            end = next((i for i in range(position + 1, len(tag)) if tag[i] in _CLOSING[char]), None)
            if end is not None:
                quote = char if char in "\"'" else '"'
                out.append(quote + tag[position + 1 : end] + quote)
                position = end + 1
                continue
        out.append("-" if char in _DASHES else " " if char in "\u00a0\u202f" else char)
        position += 1
    return "".join(out)
