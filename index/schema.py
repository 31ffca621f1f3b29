"""The fields of the index. A change here is a new SCHEMA_VERSION, and an older index is then built anew."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from whoosh import fields
from whoosh.analysis import Token, Tokenizer

from index.analysis import words
from index.entry import Entry

SCHEMA_VERSION = 1
FACETS = ("kind", "client", "entity", "direction", "status", "author", "year")


class Forms(Tokenizer):  # type: ignore[misc]  # whoosh has no types
    """Splits text that `prepared` made: words by spaces, the forms of a word by `|`, all at the word's place."""

    def __call__(self, value: str, *, positions: bool = False, start_pos: int = 0, mode: str = "", **_: Any) -> Iterator[Token]:
        token = Token(positions=positions, removestops=True, mode=mode)
        token.boost = 1.0
        for place, word in enumerate(value.split(" "), start=start_pos):
            for form in word.split("|"):
                token.text = form
                token.stopped = False
                if positions:
                    token.pos = place
                yield token


def prepared(text: str) -> str:
    """A text as the index takes it: the forms of its words."""
    return " ".join("|".join(word.forms) for word in words(text))


def schema() -> fields.Schema:
    """The fields: facts and text to search in, keys to filter and count by, and what is shown."""
    keys = {name: fields.ID(sortable=True) for name in FACETS}
    return fields.Schema(
        id=fields.ID(stored=True, unique=True),
        order=fields.ID(),
        day=fields.NUMERIC(int, sortable=True),
        client_words=fields.TEXT(analyzer=Forms(), phrase=False),
        entity_words=fields.TEXT(analyzer=Forms(), phrase=False),
        facts=fields.TEXT(analyzer=Forms()),
        text=fields.TEXT(analyzer=Forms()),
        shown=fields.STORED,
        **keys,
    )


def row(entry: Entry) -> dict[str, Any]:
    """An entry as the schema's fields."""
    facts = [entry.number, entry.name, entry.client, entry.entity, entry.order, entry.author, f"{entry.amount:.2f}", entry.date.isoformat()]
    shown = {
        "hash": entry.content_hash,
        "number": entry.number,
        "kind": entry.kind,
        "client": entry.client,
        "date": entry.date,
        "facts": " · ".join(part for part in facts if part),
        "pages": entry.pages,
    }
    return {
        "id": entry.id,
        "order": entry.order,
        "day": int(f"{entry.date:%Y%m%d}"),
        "client_words": prepared(entry.client),
        "entity_words": prepared(entry.entity),
        "facts": prepared(" \n ".join(facts)),
        "text": prepared(" \n ".join(entry.pages)),
        "shown": shown,
        "kind": entry.kind,
        "client": entry.client,
        "entity": entry.entity,
        "direction": entry.direction,
        "status": entry.status,
        "author": entry.author,
        "year": str(entry.date.year),
    }
