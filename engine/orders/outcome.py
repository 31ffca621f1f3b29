"""What comes out of a file of orders: records, and what has to be said about those that did not come out or came out odd."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from engine import messages
from engine.model import Client, LegalEntity, Order, Process, Rule

Record = Client | LegalEntity | Order | Process | Rule


@dataclass(frozen=True, slots=True)
class Refusal:
    """A record that cannot be used.

    `where` is a JSON pointer, in NDJSON after the line; in CommerceML the document's number and line.
    """

    where: str
    code: str
    facts: Mapping[str, Any] = field(default_factory=dict)

    def text(self, language: str = "en") -> str:
        """What is wrong and how to mend it, in `language`."""
        return messages.text(f"orders.{self.code}", language, **self.facts)


@dataclass(frozen=True, slots=True)
class Remark:
    """Something to know about a record that was read, or about a document that is no order and was left; as a Refusal says it."""

    where: str
    code: str
    facts: Mapping[str, Any] = field(default_factory=dict)

    def text(self, language: str = "en") -> str:
        """What is odd and what was done, in `language`."""
        return messages.text(f"orders.{self.code}", language, **self.facts)


Outcome = Record | Refusal | Remark


def short(value: Any) -> str:
    """The value as a sentence can quote it."""
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= 60 else f"{text[:60]}…"
