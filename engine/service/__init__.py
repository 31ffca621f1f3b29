"""Everything an outsider may ask: the terminal, the pages, the API and Python programs all talk to `Engine`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import index
from engine.errors import EngineError
from engine.jobs import Executor
from engine.model import Case, Client, Delivery, Document, DocumentFilter, Order, Process, Revision, Rule, Template
from engine.pipeline import Tools
from engine.service import doctor, imports, templates
from engine.service.imports import ImportReport
from engine.service.making import Making, Outcome
from engine.service.planning import Planned
from engine.service.templates import FieldRow, Preview

ANY = DocumentFilter()


class Engine(Making):
    """One open workspace. Close it when done, or use it in a `with` statement; `bootstrap.open_engine` makes one."""

    def __init__(self, workspace: Path, tools: Tools, executor: Executor) -> None:
        super().__init__(tools, executor)
        self.workspace = workspace

    def __enter__(self) -> Engine:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End LibreOffice and let go of the register and the index."""
        self._tools.renderer.close()
        self._tools.index.close()
        self._tools.register.close()

    # Orders and stages

    def import_file(self, path: Path) -> ImportReport:
        """Read clients, orders, legal entities, processes and rules from a file of ours or of CommerceML; all or nothing is written."""
        return imports.import_file(self._tools, path)

    def import_object(self, data: Mapping[str, Any]) -> ImportReport:
        """The same from an object in docstage's JSON form."""
        return imports.import_object(self._tools, data)

    def orders(self, *, process: str = "", stage: str = "", client: str = "") -> tuple[Order, ...]:
        """Orders, narrowed by what is given."""
        with self._tools.register.reading() as tx:
            return tuple(tx.orders.list(process=process, stage=stage, client=client))

    def case(self, ref: str) -> Case:
        """The order with both its sides, as a document would be made from it now."""
        return templates.case(self._tools, ref)

    def client(self, ref: str) -> Client:
        """The client with this id or name."""
        with self._tools.register.reading() as tx:
            return tx.parties.client(ref)

    def processes(self) -> tuple[Process, ...]:
        """The processes with their stages."""
        with self._tools.register.reading() as tx:
            return tuple(tx.orders.processes())

    def rules(self) -> tuple[Rule, ...]:
        """All rules, in their order."""
        with self._tools.register.reading() as tx:
            return tuple(tx.orders.rules())

    # Documents

    def documents(self, wanted: DocumentFilter = ANY, *, limit: int = 0, offset: int = 0) -> tuple[Document, ...]:
        """The documents that fit, newest first; `limit` 0 is all."""
        with self._tools.register.reading() as tx:
            return tuple(tx.documents.list(wanted, limit=limit, offset=offset))

    def totals(self, wanted: DocumentFilter = ANY) -> tuple[int, dict[str, Decimal]]:
        """How many documents fit, and what they come to by currency."""
        with self._tools.register.reading() as tx:
            return tx.documents.totals(wanted)

    def revisions(self, ref: str) -> tuple[Revision, ...]:
        """The document's revisions, oldest first."""
        with self._tools.register.reading() as tx:
            return tuple(tx.documents.revisions(tx.documents.get(ref).id))

    def deliveries(self, ref: str) -> tuple[Delivery, ...]:
        """The document's letters, oldest first."""
        with self._tools.register.reading() as tx:
            return tuple(tx.deliveries.of_document(tx.documents.get(ref).id))

    def paths(self, revision: Revision) -> dict[str, Path]:
        """The revision's files by suffix without its dot: `pdf`, `docx` or `xlsx`. They are read-only; copy one before changing it."""
        return {part.suffix[1:]: self._tools.files.path(part.sha256, part.suffix) for part in revision.renditions}

    # Search

    def search(self, query: str, filters: Mapping[str, Any] | None = None, *, limit: int = 20, offset: int = 0) -> index.SearchResult:
        """The documents whose words or facts answer `query`."""
        return self._tools.index.search(query, filters or {}, limit=limit, offset=offset)

    def index_status(self) -> index.IndexStatus:
        """How much the index holds."""
        return self._tools.index.status()

    def index_verify(self) -> index.Verdict:
        """Where the index and the register differ."""
        return self._tools.index.verify()

    def index_rebuild(self, progress: Callable[[int], None] | None = None) -> int:
        """Build the index anew from the stored files; the number of documents in it."""
        return self._tools.index.rebuild(progress)

    # Templates and the workspace

    def templates(self) -> tuple[Template, ...]:
        """The templates at hand."""
        return self._tools.catalogue.templates()

    def template(self, ref: str) -> Template:
        """The template with this id, or in this file."""
        return templates.template_of(self._tools, ref)

    def check(self, ref: str) -> tuple[EngineError, ...]:
        """The slips in a template, by id or file: all at once, each at its place."""
        return templates.check(self._tools, ref)

    def preview(self, ref: str, *, order: str = "") -> Preview:
        """A template's PDF with an order's data or the sample's; nothing is stored and no number is used."""
        return templates.preview(self._tools, ref, order=order)

    def fill(self, ref: str, data: Mapping[str, Any], *, suffix: str) -> bytes:
        """A template filled with any object, outside the register: as office file, or as PDF where `suffix` is `.pdf`."""
        return templates.fill_with(self._tools, ref, data, suffix=suffix)

    def draft(self, ref: str, *, order: str) -> tuple[str, bytes]:
        """The suffix and bytes of the office file that a template makes of an order, with a sample number; nothing is stored."""
        return templates.draft(self._tools, ref, order=order)

    def fields_used(self, ref: str) -> frozenset[str]:
        """The dotted names of the fields that a template names."""
        return templates.used_fields(self._tools, ref)

    def fields(self, *, order: str = "") -> tuple[FieldRow, ...]:
        """The merge fields with their names, meanings and values: the order's, or the sample's."""
        return templates.field_rows(self._tools, order=order)

    def doctor(self) -> tuple[doctor.Finding, ...]:
        """What works here and what does not, each with its cure."""
        return doctor.findings(self.workspace, self._tools)


__all__ = ["Engine", "FieldRow", "ImportReport", "Outcome", "Planned", "Preview"]
