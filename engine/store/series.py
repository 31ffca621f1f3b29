"""The counters that numbers come from: one row a kind, legal entity, pattern and period."""

from __future__ import annotations

from sqlalchemy import Connection, select, update
from sqlalchemy.dialects.sqlite import insert

from engine.store.tables import series


class Series:
    """Counters over one connection; what they give is given when the transaction is committed, and not before."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def next(self, *, kind: str, entity_id: str, pattern: str, period: str) -> tuple[int, int]:
        """The series' id and its next number, counted from 1."""
        key = {"kind": kind, "entity_id": entity_id, "pattern": pattern, "period": period}
        self._connection.execute(insert(series).values(**key, next=1).on_conflict_do_nothing())
        taken = update(series).filter_by(**key).values(next=series.c.next + 1).returning(series.c.id, series.c.next - 1)
        series_id, number = self._connection.execute(taken).one()
        return int(series_id), int(number)

    def peek(self, *, kind: str, entity_id: str, pattern: str, period: str) -> int:
        """The number that `next` would give now."""
        key = {"kind": kind, "entity_id": entity_id, "pattern": pattern, "period": period}
        return self._connection.scalar(select(series.c.next).filter_by(**key)) or 1
