"""Letters: a row before each sending."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from sqlalchemy import Connection, Row, select, update
from sqlalchemy.dialects.sqlite import insert

from engine.model import Delivery
from engine.store import tables

_NAMES = [field.name for field in fields(Delivery)]


class Deliveries:
    """Letters over one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, delivery: Delivery) -> Delivery:
        """The delivery as it is stored: this one, or the one that its key had before."""
        row = {name: getattr(delivery, name) for name in _NAMES}
        self._connection.execute(insert(tables.deliveries).values(row).on_conflict_do_nothing(index_elements=["key"]))
        return _delivery(self._connection.execute(select(tables.deliveries).filter_by(key=delivery.key)).one())

    def save(self, delivery: Delivery) -> None:
        """Keep how the sending went."""
        changes = {name: getattr(delivery, name) for name in ("state", "path", "error")}
        self._connection.execute(update(tables.deliveries).filter_by(id=delivery.id).values(changes))

    def of_document(self, document_id: str) -> tuple[Delivery, ...]:
        """The document's letters, oldest first."""
        found = select(tables.deliveries).filter_by(document_id=document_id).order_by("created", "id")
        return tuple(_delivery(row) for row in self._connection.execute(found))


def _delivery(row: Row[Any]) -> Delivery:
    return Delivery(**{name: getattr(row, name) for name in _NAMES})
