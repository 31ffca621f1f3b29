"""Orders, the processes they go through, and the rules of their stages."""

from __future__ import annotations

from sqlalchemy import Connection, func, select, update

from engine.errors import Ambiguous, NotFound, nearest
from engine.model import Order, Process, Rule
from engine.store import tables
from engine.store.codec import decoded, encoded
from engine.store.parties import put
from engine.store.searching import contains


class Orders:
    """What is sold, over one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def put(self, order: Order) -> str:
        """Keep the order: `added`, `updated` or `unchanged`."""
        names = ("id", "number", "date", "process", "stage", "client_id")
        return put(self._connection, tables.orders, {**{name: getattr(order, name) for name in names}, "data": encoded(order)})

    def find(self, order_id: str) -> Order | None:
        """The order with this very id, or None."""
        data = self._connection.scalar(select(tables.orders.c.data).where(tables.orders.c.id == order_id))
        return None if data is None else decoded(Order, data)

    def get(self, ref: str) -> Order:
        """The order with this id or number. Raises NotFound with the nearest number, Ambiguous."""
        found = self.find(ref)
        if found is not None:
            return found
        table = tables.orders
        rows = self._connection.execute(select(table.c.id, table.c.data).where(table.c.number == ref.strip())).all()
        if len(rows) == 1:
            return decoded(Order, rows[0].data)
        if rows:
            raise Ambiguous(what="order", name=ref, choices=", ".join(row.id for row in rows))
        numbers = list(self._connection.scalars(select(table.c.number)))
        raise NotFound(what="order", name=ref, suggestion=nearest(ref, numbers))

    def list(self, *, process: str = "", stage: str = "", client: str = "") -> tuple[Order, ...]:
        """The orders that fit, by date and number; `client` is an id or a part of the name."""
        table = tables.orders
        wanted = select(table.c.data).order_by(table.c.date, table.c.number, table.c.id)
        if process:
            wanted = wanted.where(table.c.process == process)
        if stage:
            wanted = wanted.where(table.c.stage == stage)
        if client:
            named = select(tables.clients.c.id).where(contains(tables.clients.c.search, client))
            wanted = wanted.where((table.c.client_id == client) | table.c.client_id.in_(named))
        return tuple(decoded(Order, data) for data in self._connection.scalars(wanted))

    def move(self, order_id: str, stage: str) -> None:
        """Put the order into the stage."""
        order = self.get(order_id)
        changes = {"stage": stage, "data": {**encoded(order), "stage": stage}}
        self._connection.execute(update(tables.orders).where(tables.orders.c.id == order.id).values(changes))

    def put_process(self, process: Process) -> str:
        """Keep the process: `added`, `updated` or `unchanged`."""
        return put(self._connection, tables.processes, {"slug": process.slug, "data": encoded(process)})

    def process(self, slug: str) -> Process:
        """The process with this slug. Raises NotFound."""
        data = self._connection.scalar(select(tables.processes.c.data).where(tables.processes.c.slug == slug))
        if data is None:
            known = [process.slug for process in self.processes()]
            raise NotFound(what="process", name=slug, suggestion=nearest(slug, known) or next(iter(known), ""))
        return decoded(Process, data)

    def processes(self) -> tuple[Process, ...]:
        """All processes, by slug."""
        return tuple(decoded(Process, data) for data in self._connection.scalars(select(tables.processes.c.data).order_by("slug")))

    def put_rule(self, rule: Rule) -> str:
        """Keep the rule, a new one after the others: `added`, `updated` or `unchanged`."""
        table = tables.rules
        known = self._connection.scalar(select(table.c.position).where(table.c.id == rule.id))
        last = self._connection.scalar(select(func.coalesce(func.max(table.c.position), 0))) or 0
        row = {"id": rule.id, "position": known or last + 1, "process": rule.process, "stage": rule.stage, "data": encoded(rule)}
        return put(self._connection, table, row)

    def rules(self) -> tuple[Rule, ...]:
        """All rules, in their order."""
        return tuple(decoded(Rule, data) for data in self._connection.scalars(select(tables.rules.c.data).order_by("position")))

    def rule(self, rule_id: str) -> Rule:
        """The rule with this id. Raises NotFound."""
        rules = {rule.id: rule for rule in self.rules()}
        if rule_id not in rules:
            raise NotFound(what="rule", name=rule_id, suggestion=nearest(rule_id, rules))
        return rules[rule_id]
