"""The door between the register and the search index: documents become entries, and what the index lacks is found and mended.

The register is the truth. An index that is behind, damaged or deleted is a lag, never a loss.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import fields
from pathlib import Path
from threading import RLock
from typing import Any

import index
from engine.errors import IndexBusy, IndexDamaged, NoPoppler, unwritten
from engine.model import Document, DocumentFilter, Revision
from engine.store.files import Files
from engine.store.register import Register
from index.extract import pdf_pages

_BATCH = 50


class DocumentIndex:
    """The full-text index of one workspace, opened when first needed."""

    def __init__(self, path: Path, register: Register, files: Files) -> None:
        self._path, self._register, self._files = path, register, files
        self._opened: index.Index | None = None
        self._lock = RLock()

    def add(self, document: Document, revision: Revision) -> None:
        """Make the document found by the words of `revision`."""
        with _translated(self._path):
            self._index().add([self._entry(document, revision)])

    def catch_up(self) -> int:
        """Index what is stored and not indexed yet, and say how many those were."""
        with self._register.reading() as tx:
            due = tuple((document, tx.documents.revisions(document.id)[-1]) for document in tx.documents.due_for_index())
        for start in range(0, len(due), _BATCH):
            batch = due[start : start + _BATCH]
            with _translated(self._path):
                self._index().add([self._entry(document, revision) for document, revision in batch])
            with self._register.transaction() as tx:
                for document, _ in batch:
                    tx.documents.mark_indexed(document)
        return len(due)

    def search(self, query: str, filters: Mapping[str, Any], *, limit: int, offset: int = 0) -> index.SearchResult:
        """What `query` finds, after a catch-up where nobody else writes just now; no query is an error."""
        with suppress(IndexBusy):
            self.catch_up()
        with _translated(self._path):
            return self._index().search(query, filters=filters, limit=limit, offset=offset)

    def status(self) -> index.IndexStatus:
        """How much the index holds."""
        with _translated(self._path):
            return self._index().status()

    def verify(self) -> index.Verdict:
        """What is missing, surplus or stale against the register, after a catch-up: what is only due is no fault."""
        with suppress(IndexBusy):
            self.catch_up()
        expected = {document.id: content_hash(document, revision) for document, revision in self._documents()}
        with _translated(self._path):
            return self._index().verify(expected)

    def rebuild(self, progress: Callable[[int], None] | None = None) -> int:
        """Build the index anew beside the old one from the stored PDFs and swap; the number of documents in it."""
        with self._lock:
            self.close()
            documents = tuple(self._documents())
            with _translated(self._path):
                index.rebuild(self._path, (self._entry(document, revision) for document, revision in documents), progress=progress)
            with self._register.transaction() as tx:
                for document, _ in documents:
                    tx.documents.mark_indexed(document)
            return len(documents)

    def close(self) -> None:
        """Let go of the index's files."""
        with self._lock:
            if self._opened is not None:
                self._opened.close()
                self._opened = None

    def _index(self) -> index.Index:
        with self._lock:
            if self._opened is None:
                if self._is_lost():
                    self.rebuild()
                self._opened = index.open_index(self._path)
            return self._opened

    def _is_lost(self) -> bool:
        """Whether somebody deleted the index: there is none, and the register has documents that were in it."""
        if self._path.is_dir() and any(self._path.iterdir()):
            return False
        with self._register.reading() as tx:
            return tx.documents.has_indexed()

    def _documents(self) -> Iterator[tuple[Document, Revision]]:
        with self._register.reading() as tx:
            for document in tx.documents.list(DocumentFilter()):
                revisions = tx.documents.revisions(document.id)
                if revisions:
                    yield document, revisions[-1]

    def _entry(self, document: Document, revision: Revision) -> index.Entry:
        facts = {field.name: getattr(document, field.name) for field in fields(index.Entry) if hasattr(document, field.name)}
        facts.update(
            revision=revision.revision,
            content_hash=content_hash(document, revision),
            client=document.client_name,
            entity=document.entity_name,
            order=document.order_number,
            direction=str(document.direction),
            status=str(document.status),
            pages=pdf_pages(self._files.get(revision.pdf.sha256, revision.pdf.suffix)),
        )
        return index.Entry(**facts)


def content_hash(document: Document, revision: Revision) -> str:
    """What an index entry is made from, in one word: another file or another status makes another hash."""
    shas: Iterable[str] = sorted(rendition.sha256[:16] for rendition in revision.renditions)
    return ":".join([str(revision.revision), str(document.status), *shas])


@contextmanager
def _translated(path: Path) -> Iterator[None]:
    try:
        yield
    except index.NoExtractor as error:
        raise NoPoppler() from error
    except index.IndexBusy as error:
        raise IndexBusy(path=path) from error
    except index.IndexDamaged as error:
        raise IndexDamaged(path=path, reason=str(error)) from error
    except OSError as error:
        raise unwritten(error, path) from error
