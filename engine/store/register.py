"""The register: one SQLite database of orders, clients, documents and jobs, and the only door to SQL.

Writing transactions begin IMMEDIATE: they wait for each other instead of failing half-way. Every commit is on the disk (synchronous FULL).
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import DatabaseError

from engine.errors import CannotWrite, DiskFull, EngineError, NewerWorkspace, NoWorkspace, RegisterBusy, RegisterDamaged
from engine.store.deliveries import Deliveries
from engine.store.documents import Documents
from engine.store.jobs import Events, Jobs
from engine.store.orders import Orders
from engine.store.parties import Parties
from engine.store.series import Series

KNOWN = ("0001", "0002")
HEAD = KNOWN[-1]

_BUSY = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL)
_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_UNSURE = (sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN)
_REFUSED = (*_UNSURE, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM)
_UNREADABLE = (sqlite3.SQLITE_IOERR_READ, sqlite3.SQLITE_IOERR_SHORT_READ, sqlite3.SQLITE_IOERR_CORRUPTFS)
_A_PAGE = 4096


@dataclass(frozen=True, slots=True)
class Transaction:
    """The register's nouns over one connection; all that is done through them is written together or not at all."""

    parties: Parties
    orders: Orders
    events: Events
    jobs: Jobs
    series: Series
    documents: Documents
    deliveries: Deliveries


class Register:
    """One workspace's register. Safe to use from several threads, and from several processes at once."""

    def __init__(self, path: Path, engine: Engine, busy_seconds: int) -> None:
        self._path, self._engine, self._busy_seconds = path, engine, busy_seconds

    @classmethod
    def create(cls, path: Path, *, busy_seconds: int = 30) -> Register:
        """A new, empty register at `path`."""
        register = cls(path, _engine(path, busy_seconds), busy_seconds)
        register._migrate()
        return register

    @classmethod
    def open(cls, path: Path, *, busy_seconds: int = 30) -> Register:
        """The register at `path`, brought up to this version's schema.

        Raises NoWorkspace, NewerWorkspace, RegisterBusy (after `busy_seconds`), RegisterDamaged, CannotWrite, DiskFull.
        """
        if not path.exists():
            raise NoWorkspace(path=path.parent)
        register = cls(path, _engine(path, busy_seconds), busy_seconds)
        found = register._schema()
        if found not in KNOWN:
            register.close()
            raise NewerWorkspace(path=path.parent, found=found, known=HEAD)
        if found != HEAD:
            register._migrate()
        return register

    def close(self) -> None:
        """Let go of the database."""
        self._engine.dispose()

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """Write: everything in the block is committed at its end, or nothing."""
        with self._connected("BEGIN IMMEDIATE") as connection:
            yield _nouns(connection)

    @contextmanager
    def reading(self) -> Iterator[Transaction]:
        """Read one state of the register, whatever others write meanwhile; a write fails."""
        with self._connected("BEGIN", is_reading=True) as connection:
            yield _nouns(connection)

    @contextmanager
    def _connected(self, begin: str, *, is_reading: bool = False) -> Iterator[Connection]:
        with self._translated(), self._engine.connect() as connection:
            connection.exec_driver_sql(f"PRAGMA query_only = {int(is_reading)}")
            connection.exec_driver_sql(begin)
            try:
                yield connection
            except BaseException:
                _roll_back(connection)
                raise
            connection.exec_driver_sql("COMMIT")

    def _schema(self) -> str:
        """The schema's version, without Alembic: opening must be quick."""
        with self._translated(), closing(sqlite3.connect(self._path, timeout=self._busy_seconds)) as connection:
            try:
                rows = connection.execute("SELECT version_num FROM alembic_version").fetchall()
            except sqlite3.OperationalError as error:
                if "no such table" in str(error):
                    raise RegisterDamaged(path=self._path, reason=f"{error}.") from error
                raise
        if not rows:
            raise RegisterDamaged(path=self._path, reason="alembic_version: 0.")
        return str(rows[0][0])

    def _migrate(self) -> None:
        from engine.store.migrations import upgrade

        with self._translated():
            upgrade(self._engine)

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, DatabaseError) as error:
            raise self._meaning(error) from error

    def _meaning(self, error: Exception) -> EngineError | Exception:
        """What SQLite's code means to a person; a mistake of ours stays what it is.

        Not by its words: SQLAlchemy's hold the statement with its values, and a client may be called "Locked".
        """
        cause = getattr(error, "orig", None) or error
        code = getattr(cause, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
        kind = code & 0xFF
        if kind in _BUSY:
            return RegisterBusy(path=self._path, seconds=self._busy_seconds)
        if kind in _DAMAGED or code in _UNREADABLE:
            return RegisterDamaged(path=self._path, reason=f"{cause}.")
        if kind == sqlite3.SQLITE_FULL or (kind in _UNSURE and self._is_disk_full()):
            return DiskFull(path=self._path)
        if kind in _REFUSED and not (kind == sqlite3.SQLITE_READONLY and self._is_writable()):
            return CannotWrite(path=self._path, reason=str(cause))
        return error

    def _is_disk_full(self) -> bool:
        """SQLite tells by its code that a page had no room, but not that its log or lock file had none."""
        return self._path.parent.is_dir() and shutil.disk_usage(self._path.parent).free < _A_PAGE

    def _is_writable(self) -> bool:
        """If so, "read-only" is what `reading` asked for."""
        return os.access(self._path, os.W_OK) and os.access(self._path.parent, os.W_OK)


def _nouns(connection: Connection) -> Transaction:
    return Transaction(
        parties=Parties(connection),
        orders=Orders(connection),
        events=Events(connection),
        jobs=Jobs(connection),
        series=Series(connection),
        documents=Documents(connection),
        deliveries=Deliveries(connection),
    )


def _roll_back(connection: Connection) -> None:
    """Undo, unless SQLite has done so itself: on a full disk the transaction is gone already."""
    raw = connection.connection.dbapi_connection
    if raw is not None and getattr(raw, "in_transaction", True):
        connection.exec_driver_sql("ROLLBACK")


def _engine(path: Path, busy_seconds: int) -> Engine:
    # AUTOCOMMIT leaves BEGIN and COMMIT to us: the driver's own transactions begin deferred, which doubled numbers when it was tried.
    engine = create_engine(
        URL.create("sqlite", database=str(path)),  # not by a string: `?` in a folder's name would end the path there
        connect_args={"timeout": busy_seconds},
        isolation_level="AUTOCOMMIT",
        hide_parameters=True,  # clients' data stay out of errors and logs
    )

    @event.listens_for(engine, "connect")
    def _configure(connection: sqlite3.Connection, _: object) -> None:
        connection.isolation_level = None
        for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
            connection.execute(f"PRAGMA {pragma}")

    return engine
