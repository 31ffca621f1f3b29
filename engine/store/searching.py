"""Text as lists compare it: SQLite's LIKE and lower() know no Cyrillic, so what is searched is kept folded beside what is shown."""

from __future__ import annotations

import unicodedata

from sqlalchemy import Column, ColumnElement

_APOSTROPHES = str.maketrans(dict.fromkeys("’ʼ‘`´", "'"))


def folded(text: str) -> str:
    """The text without differences of letter case, apostrophes and spaces.

    >>> folded("ТОВ «О’Коннор  і Ко»")
    "тов «о'коннор і ко»"
    """
    return " ".join(unicodedata.normalize("NFC", text).casefold().translate(_APOSTROPHES).split())


def contains(column: Column[str], text: str) -> ColumnElement[bool]:
    """Whether the folded column holds the text; `%` and `_` in it are only letters."""
    escaped = folded(text).replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return column.like(f"%{escaped}%", escape="\\")
