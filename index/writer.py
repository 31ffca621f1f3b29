"""An index on disk: opened, written, searched, compared and built anew."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from whoosh import index as whoosh_index
from whoosh import sorting
from whoosh.index import LockError
from whoosh.scoring import BM25F
from whoosh.writing import IndexWriter

from index.entry import Entry, Hit, IndexStatus, SearchResult, Verdict
from index.failures import IndexBusy, IndexDamaged
from index.query import narrowed, read
from index.schema import FACETS, SCHEMA_VERSION, row, schema
from index.snippet import snippet

_VERSION = "version"
_BUSY_SECONDS = 20.0
_REBUILD_BATCH = 1_000


class Index:
    """One open index. Readers never wait for writers; writers wait for each other, for a while."""

    def __init__(self, path: Path, opened: Any) -> None:
        self._path, self._index = path, opened

    def add(self, entries: Iterable[Entry]) -> None:
        """Take in these documents, in place of what was there under their ids, in one commit. Raises IndexBusy, IndexDamaged."""
        with self._writing() as writer:
            for entry in entries:
                writer.update_document(**row(entry))

    def remove(self, ids: Iterable[str]) -> None:
        """Forget these documents."""
        with self._writing() as writer:
            for document_id in ids:
                writer.delete_by_term("id", document_id)

    def search(self, query: str, *, filters: Mapping[str, Any] | None = None, limit: int = 20, offset: int = 0) -> SearchResult:
        """What the query finds, best first, newer documents first among equals.

        Where no document has all its words, those that have any. Raises IndexDamaged, and ValueError for a date filter that is no date.
        """
        reading, narrow = read(query), narrowed(filters or {})
        with self._reading() as searcher:
            found = _run(searcher, reading.query, narrow, limit=offset + limit)
            read_as = reading.read_as
            if not found.scored_length() and reading.loose is not None:
                found = _run(searcher, reading.loose, narrow, limit=offset + limit)
                read_as = read_as.replace(" ", " | ")
            hits = tuple(_hit(part, reading.marks) for part in found[offset : offset + limit])
            facets = {name: {value: len(ids) for value, ids in found.groups(name).items() if value} for name in FACETS}
            return SearchResult(query, read_as, len(found), hits, facets)

    def status(self) -> IndexStatus:
        """How much there is."""
        with self._reading() as searcher:
            segments = len(searcher.reader().leaf_readers()) if searcher.doc_count_all() else 0
            size = sum(file.stat().st_size for file in self._path.iterdir() if file.is_file())
            return IndexStatus(searcher.doc_count(), segments, size, SCHEMA_VERSION)

    def verify(self, expected: Mapping[str, str]) -> Verdict:
        """Compare with what should be there: a content hash for each id."""
        with self._reading() as searcher:
            found = {fields["id"]: fields["shown"]["hash"] for _, fields in searcher.reader().iter_docs()}
        missing = tuple(sorted(expected.keys() - found.keys()))
        surplus = tuple(sorted(found.keys() - expected.keys()))
        stale = tuple(sorted(name for name in expected.keys() & found.keys() if expected[name] != found[name]))
        return Verdict(not (missing or surplus or stale), len(found), missing, surplus, stale)

    def close(self) -> None:
        """Let go of the index's files."""
        self._index.close()

    @contextmanager
    def _writing(self) -> Iterator[IndexWriter]:
        try:
            writer = self._index.writer(timeout=_BUSY_SECONDS)
        except LockError as error:
            raise IndexBusy(self._path) from error
        except Exception as error:  # a damaged index raises whatever its bytes led to
            raise IndexDamaged(self._path, f"{type(error).__name__}: {error}") from error
        try:
            yield writer
            writer.commit()
        except BaseException:
            _give_up(writer)
            raise

    @contextmanager
    def _reading(self) -> Iterator[Any]:
        try:
            searcher = self._index.searcher(weighting=NewerFirst())
        except Exception as error:  # a damaged index raises whatever its bytes led to
            raise IndexDamaged(self._path, f"{type(error).__name__}: {error}") from error
        with searcher:
            yield searcher


def open_index(path: Path) -> Index:
    """The index in the folder `path`, made where there is none. Raises IndexDamaged for one that cannot be read, or of another schema."""
    if not path.is_dir() or not any(path.iterdir()):
        return _create(path)
    version = path / _VERSION
    if not version.is_file() or version.read_text("ascii", "replace").strip() != str(SCHEMA_VERSION):
        raise IndexDamaged(path, f"schema {SCHEMA_VERSION} ≠ {version.read_text('ascii', 'replace').strip() if version.is_file() else '?'}")
    try:
        opened = whoosh_index.open_dir(path)
        opened.reader().close()
    except Exception as error:  # a torn file raises TypeError, UnpicklingError, EOFError or whatever its bytes led to
        raise IndexDamaged(path, f"{type(error).__name__}: {error}") from error
    return Index(path, opened)


def rebuild(path: Path, entries: Iterable[Entry], *, progress: Callable[[int], None] | None = None) -> None:
    """Build an index of these documents beside the one at `path`, and put it in its place; the old one is searched meanwhile."""
    fresh, old = path.with_name(f"{path.name}.new"), path.with_name(f"{path.name}.old")
    for folder in (fresh, old):
        shutil.rmtree(folder, ignore_errors=True)
    built = _create(fresh)
    batch: list[Entry] = []
    done = 0
    for entry in entries:
        batch.append(entry)
        if len(batch) == _REBUILD_BATCH:
            built.add(batch)
            done += len(batch)
            batch = []
            if progress is not None:
                progress(done)
    built.add(batch)
    built.close()
    if path.exists():
        path.rename(old)
    fresh.rename(path)
    shutil.rmtree(old, ignore_errors=True)


def _create(path: Path) -> Index:
    path.mkdir(parents=True, exist_ok=True)
    created = whoosh_index.create_in(path, schema())
    (path / _VERSION).write_text(str(SCHEMA_VERSION), "ascii")
    return Index(path, created)


class NewerFirst(BM25F):  # type: ignore[misc]  # whoosh has no types
    """BM25F in which the newer of two equal documents comes first."""

    use_final = True

    def final(self, searcher: Any, docnum: int, score: float) -> float:
        """The score, with the day behind its last digit that matters."""
        return score + int(searcher.reader().column_reader("day")[docnum]) * 1e-12


def _run(searcher: Any, query: Any, narrow: Any, *, limit: int) -> Any:
    facets = {name: sorting.FieldFacet(name) for name in FACETS}
    return searcher.search(query, filter=narrow, limit=limit, groupedby=facets)


def _hit(found: Any, marks: set[str]) -> Hit:
    shown = found["shown"]
    page, text = snippet(shown["pages"], shown["facts"], marks)
    return Hit(found["id"], shown["number"], shown["kind"], shown["client"], shown["date"], page, round(float(found.score), 3), text)


def _give_up(writer: IndexWriter) -> None:
    """Undo a write that failed: the lock stays behind otherwise."""
    if not writer.is_closed:
        writer.cancel()
