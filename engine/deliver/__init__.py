"""Deliveries: one sending of one revision to one recipient. The pipeline writes the row before it asks a `Deliverer` to send."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from engine import messages, wording
from engine.model import Delivery, Document, LegalEntity


@dataclass(frozen=True, slots=True)
class Letter:
    """What goes out: plain text and files by name, from and to one address each."""

    message_id: str
    sender: str
    recipient: str
    subject: str
    text: str
    files: Mapping[str, bytes]


class Deliverer(Protocol):
    """Sends one letter; the same `delivery.id` again is the same sending."""

    channel: str

    def deliver(self, delivery: Delivery, letter: Letter) -> Delivery:
        """Return the delivery with its state and, where a file was written, its path; a refusal is a state with its reason."""
        ...


def letter(document: Document, entity: LegalEntity, delivery: Delivery, *, sender: str, files: Mapping[str, bytes]) -> Letter:
    """The letter that carries a document to a client, in the document's language."""
    facts = {
        "name": document.name,
        "number": document.number,
        "date": wording.date(document.date, document.language),
        "entity": entity.name,
    }
    return Letter(
        message_id=delivery.message_id,
        sender=sender,
        recipient=delivery.recipient,
        subject=messages.text("mail.subject", document.language, **facts),
        text=messages.text("mail.text", document.language, **facts),
        files=files,
    )
