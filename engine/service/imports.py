"""Orders and clients coming in: from a file, an object or a plug-in, into the register in one transaction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from engine.errors import BadOrderFile, NotFound
from engine.model import Client, LegalEntity, Order, Process, Rule
from engine.orders import Record, Refusal, Remark, read, read_object
from engine.pipeline import Tools
from engine.store.register import Transaction


@dataclass(slots=True)
class ImportReport:
    """What an import did, in orders: those read, added, updated, unchanged and refused; `remarks` are things said, not refused."""

    read: int = 0
    added: int = 0
    updated: int = 0
    unchanged: int = 0
    refused: list[Refusal] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)
    others: dict[str, int] = field(default_factory=dict)

    def require_all(self, source: str) -> None:
        """Raise the first refusal as BadOrderFile, for whoever needs every record of `source`."""
        for refusal in self.refused[:1]:
            raise BadOrderFile(file=source, where=refusal.where, reason=refusal.code, **refusal.facts)


def import_file(tools: Tools, path: Path) -> ImportReport:
    """Read the file into the register. A record that cannot be used is refused and the rest enters; a broken file changes nothing."""
    if not path.is_file():
        raise NotFound(what="file", name=str(path))
    return _import(tools, read(path, tools.settings.stages))


def import_object(tools: Tools, data: Mapping[str, Any]) -> ImportReport:
    """Read an object in docstage's JSON form into the register."""
    return _import(tools, read_object(data))


def load_context(tools: Tools, order: str) -> None:
    """Ask the plug-ins for the order and take in what they give. Raises BadOrderFile where that cannot be used."""
    data = tools.plugins.call("load_context", order=order)
    if data is None:
        return
    import_object(tools, data).require_all("load_context")


def _import(tools: Tools, records: Iterable[Record | Refusal | Remark]) -> ImportReport:
    report = ImportReport()
    with tools.register.transaction() as tx:
        for record in records:
            match record:
                case Refusal():
                    report.read += 1
                    report.refused.append(record)
                case Remark():
                    report.remarks.append(record)
                case Order():
                    _count(report, _put_order(tx, record, tools))
                case _:
                    name = type(record).__name__.lower()
                    if _put(tx, record) != "unchanged":
                        report.others[name] = report.others.get(name, 0) + 1
    return report


def _count(report: ImportReport, change: str) -> None:
    report.read += 1
    setattr(report, change, getattr(report, change) + 1)


def _put_order(tx: Transaction, order: Order, tools: Tools) -> str:
    """Store the order. An order that is known keeps the stage it has reached here; a new one starts at the first stage of its process.

    Some senders give the user's id in place of the order's: the same id with another number is another order.
    """
    known = tx.orders.find(order.id)
    if known is not None and known.number != order.number:
        order = replace(order, id=f"{order.id} № {order.number}")
        known = tx.orders.find(order.id)
    process = order.process or (known.process if known else tools.settings.default_process)
    stage = known.stage if known else order.stage or _first_stage(tx, process)
    return tx.orders.put(replace(order, process=process, stage=stage))


def _first_stage(tx: Transaction, process: str) -> str:
    return tx.orders.process(process).stages[0].slug


def _put(tx: Transaction, record: Client | LegalEntity | Process | Rule) -> str:
    match record:
        case Client():
            return tx.parties.put_client(record)
        case LegalEntity():
            return tx.parties.put_entity(record)
        case Process():
            return tx.orders.put_process(record)
        case Rule():
            return tx.orders.put_rule(record)
