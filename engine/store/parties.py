"""Clients and our legal entities."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Table, select
from sqlalchemy.dialects.sqlite import insert

from engine.errors import Ambiguous, NotFound, nearest
from engine.model import Client, LegalEntity
from engine.store import tables
from engine.store.codec import decoded, encoded
from engine.store.searching import folded


class Parties:
    """Both sides of the paper, over one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def put_entity(self, entity: LegalEntity) -> str:
        """Keep the legal entity: `added`, `updated` or `unchanged`."""
        return put(self._connection, tables.entities, {"id": entity.id, "search": folded(entity.name), "data": encoded(entity)})

    def put_client(self, client: Client) -> str:
        """Keep the client: `added`, `updated` or `unchanged`."""
        row = {"id": client.id, "name": client.name, "search": folded(client.name), "data": encoded(client)}
        return put(self._connection, tables.clients, row)

    def entity(self, entity_id: str) -> LegalEntity:
        """The legal entity with this id; NotFound names the nearest."""
        data = self._connection.scalar(select(tables.entities.c.data).where(tables.entities.c.id == entity_id))
        if data is None:
            known = [entity.id for entity in self.entities()]
            raise NotFound(what="entity", name=entity_id, suggestion=nearest(entity_id, known))
        return decoded(LegalEntity, data)

    def entities(self) -> tuple[LegalEntity, ...]:
        """All legal entities, by id."""
        return tuple(decoded(LegalEntity, data) for data in self._connection.scalars(select(tables.entities.c.data).order_by("id")))

    def client(self, ref: str) -> Client:
        """The client with this id or this very name. Raises NotFound, Ambiguous."""
        table = tables.clients
        data = self._connection.scalar(select(table.c.data).where(table.c.id == ref))
        if data is not None:
            return decoded(Client, data)
        rows = self._connection.execute(select(table.c.id, table.c.data).where(table.c.search == folded(ref))).all()
        if len(rows) == 1:
            return decoded(Client, rows[0].data)
        if rows:
            raise Ambiguous(what="client", name=ref, choices=", ".join(row.id for row in rows))
        names = list(self._connection.scalars(select(table.c.name)))
        raise NotFound(what="client", name=ref, suggestion=nearest(ref, names))

    def clients(self) -> tuple[Client, ...]:
        """All clients, by id."""
        return tuple(decoded(Client, data) for data in self._connection.scalars(select(tables.clients.c.data).order_by("id")))


def put(connection: Connection, table: Table, row: dict[str, Any]) -> str:
    """Keep a row by its primary key: `added`, `updated`, or `unchanged` where its data are the same."""
    [key] = table.primary_key.columns
    stored = connection.scalar(select(table.c.data).where(key == row[key.name]))
    if stored == row["data"]:
        return "unchanged"
    statement = insert(table).values(row)
    changes = {name: statement.excluded[name] for name in row if name != key.name}
    connection.execute(statement.on_conflict_do_update(index_elements=[key], set_=changes))
    return "added" if stored is None else "updated"
