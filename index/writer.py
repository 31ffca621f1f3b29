"""An index on disk: opened, written, searched, compared and built anew."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import accumulate, islice
from pathlib import Path
from threading import RLock
from typing import Any

from whoosh import index as whoosh_index
from whoosh.reading import SegmentReader
from whoosh.writing import SegmentWriter

from index.entry import Entry, IndexStatus, SearchResult, Verdict
from index.failures import IndexDamaged
from index.folder import Folder
from index.query import narrowed
from index.reading import Snapshot
from index.schema import SCHEMA_VERSION, Card, codec, row, schema, stored_entry

_BUSY_SECONDS = 10.0
_PROGRESS = 50
_SEGMENT = 1_000  # documents that a rebuild commits at once: 100 MB; from about 2,400 on Whoosh spills to disk and takes twice the time
_MANY, _TIERS = 8, (8, 64, 256)  # so many segments of fewer documents than this become one


class Index:
    """One open index. Readers never wait for writers; writers wait for each other, for a while."""

    def __init__(self, path: Path) -> None:
        self._folder = Folder(path, SCHEMA_VERSION)
        self._lock = RLock()  # one search at a time: Whoosh's readers keep their place in the file
        self._snapshot: Snapshot | None = None

    def add(self, entries: Iterable[Entry]) -> None:
        """Take in these documents, in place of what was there under their ids, in one commit. Raises IndexBusy, IndexDamaged."""
        latest = {entry.id: entry for entry in entries}
        with self._writing() as writer:
            with _told(self._folder.path):
                _forget(writer, latest)
            for entry in latest.values():
                writer.add_document(**row(entry))

    def remove(self, ids: Iterable[str]) -> None:
        """Forget these documents. Raises IndexBusy, IndexDamaged."""
        with self._writing() as writer, _told(self._folder.path):
            _forget(writer, ids)

    def search(self, query: str, *, filters: Mapping[str, Any] | None = None, limit: int = 20, offset: int = 0) -> SearchResult:
        """What the query finds, best first, newer documents first among equals; for a blank query, all that the filters let through.

        Where no document has all its words, those that have most of them. Raises IndexDamaged, and ValueError for a filter that is none.
        """
        narrow = narrowed(filters or {})
        with self._reading() as snapshot:
            return snapshot.search(query, narrow, limit=limit, offset=offset)

    def status(self) -> IndexStatus:
        """How much there is."""
        with self._reading() as snapshot:
            size = sum(file.stat().st_size for file in snapshot.build.iterdir() if file.is_file())
            return IndexStatus(snapshot.documents, len(snapshot.segments), size, SCHEMA_VERSION)

    def verify(self, expected: Mapping[str, str]) -> Verdict:
        """Compare with what should be there: a content hash for each id."""
        with self._reading() as snapshot:
            found = snapshot.hashes()
        missing = tuple(sorted(expected.keys() - found.keys()))
        surplus = tuple(sorted(found.keys() - expected.keys()))
        stale = tuple(sorted(name for name in expected.keys() & found.keys() if expected[name] != found[name]))
        return Verdict(not (missing or surplus or stale), len(found), missing, surplus, stale)

    def close(self) -> None:
        """Let go of the index's files."""
        with self._lock:
            if self._snapshot is not None:
                self._snapshot.close()
                self._snapshot = None

    @contextmanager
    def _writing(self) -> Iterator[SegmentWriter]:
        with self._folder.writing(_BUSY_SECONDS), _written(self._folder.current()) as writer:
            yield writer

    @contextmanager
    def _reading(self) -> Iterator[Snapshot]:
        """The index as it is now. A damaged one raises whatever its bytes lead to, and that becomes IndexDamaged."""
        with self._lock:
            try:
                if self._snapshot is None or not self._snapshot.is_current(self._folder.current()):
                    known = self._snapshot.cards() if self._snapshot else {}
                    self.close()
                    self._snapshot = _latest(self._folder, known)
                yield self._snapshot
            except IndexDamaged:
                raise
            except Exception as error:
                self.close()
                raise _damaged(self._folder.path, error) from error


def open_index(path: Path) -> Index:
    """The index in the folder `path`, made where there is none. Raises IndexDamaged for one that cannot be read or is of another schema."""
    folder = Folder(path, SCHEMA_VERSION)
    if folder.is_empty():
        with folder.writing(_BUSY_SECONDS):
            if folder.is_empty():
                folder.swap(_created(folder))
    opened = Index(path)
    opened.status()
    return opened


def rebuild(path: Path, entries: Iterable[Entry], *, progress: Callable[[int], None] | None = None) -> None:
    """Build an index of these documents beside the one at `path`, and put it in its place; the old one is searched meanwhile.

    Each id may come once. Raises IndexBusy; others who want to write meanwhile get it too.
    """
    folder = Folder(path, SCHEMA_VERSION)
    with folder.writing(_BUSY_SECONDS):
        build = _created(folder)
        source = enumerate(entries, start=1)
        last = done = 0
        while done == last:
            last += _SEGMENT
            with _written(build) as writer:
                for done, entry in islice(source, _SEGMENT):
                    writer.add_document(**row(entry))
                    if progress is not None and done % _PROGRESS == 0:
                        progress(done)
        folder.swap(build)
    if progress is not None:
        progress(done)


def _latest(folder: Folder, known: Mapping[str, Mapping[int, Card]]) -> Snapshot:
    """The current build, read; once more where a rebuild took it away between finding and opening it."""
    build = folder.current()
    try:
        return Snapshot(build, known)
    except Exception:
        if folder.current() == build:
            raise
        return Snapshot(folder.current(), known)


def _created(folder: Folder) -> Path:
    build = folder.new_build()
    whoosh_index.create_in(build, schema()).close()
    return build


@contextmanager
def _written(build: Path) -> Iterator[SegmentWriter]:
    """A writer whose additions are committed at the end, or none of them. Only for who holds the folder's lock.

    Whoosh's own lock is left out: it stays locked after a commit that failed.
    """
    with _told(build):
        writer = whoosh_index.open_dir(build, schema=schema()).writer(_lk=False, codec=codec())
    try:
        yield writer
        with _told(build):  # a commit reads what it merges
            writer.commit(mergetype=_merge_few)
    finally:
        if not writer.is_closed:
            writer.cancel()


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """Damaged bytes raise whatever they lead to, and that becomes IndexDamaged; a full disk stays what it is."""
    try:
        yield
    except OSError as error:
        if not isinstance(error, FileNotFoundError):
            raise
        raise _damaged(path, error) from error
    except Exception as error:
        raise _damaged(path, error) from error


def _merge_few(writer: SegmentWriter, segments: list[Any]) -> list[Any]:
    """Merge the small segments once they are many, and say which are left as they are.

    Whoosh's own way merges at every fifth document, and now and then thousands: a stage button would wait for that. Here a document is
    merged three times in its life, no commit merges more than the last of _TIERS, and the documents are written again from what is stored:
    half of the time of reading the postings back. A rebuild leaves large segments.
    """
    alive = sorted((segment for segment in segments if segment.doc_count()), key=lambda segment: int(segment.doc_count()))
    for most in _TIERS:
        small = [segment for segment in alive if segment.doc_count() < most]
        sums = accumulate(segment.doc_count() for segment in small)
        taken = small[: sum(documents <= _TIERS[-1] for documents in sums)]
        if len(small) < _MANY or len(taken) < 2:
            continue
        for segment in taken:
            reader = SegmentReader(writer.storage, writer.schema, segment)
            for number in reader.all_doc_ids():
                writer.add_document(**row(stored_entry(reader.stored_fields(number)["entry"])))
            reader.close()
        return alive[len(taken) :]
    return alive


def _forget(writer: SegmentWriter, ids: Iterable[str]) -> None:
    reader = writer.reader()
    for document_id in ids:
        if ("id", document_id) in reader:
            for number in reader.postings("id", document_id).all_ids():
                writer.delete_document(number)
    reader.close()


def _damaged(path: Path, error: Exception) -> IndexDamaged:
    return IndexDamaged(path, f"{type(error).__name__}: {error}")
