"""Stage events and the jobs they make."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, literal_column, select, update
from sqlalchemy.dialects.sqlite import insert

from engine.errors import LeaseLost, NotFound
from engine.model import Job, JobState, StageEvent
from engine.store import tables
from engine.store.codec import decoded, encoded

_EVENT = [field.name for field in fields(StageEvent)]


class Events:
    """What happened, once each, over one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def record(self, event: StageEvent) -> bool:
        """Keep the event; False where its id is known already."""
        row = {name: getattr(event, name) for name in _EVENT}
        return self._connection.execute(insert(tables.events).values(row).on_conflict_do_nothing()).rowcount == 1

    def get(self, event_id: str) -> StageEvent | None:
        """The event with this id, or None."""
        row = self._connection.execute(select(tables.events).filter_by(id=event_id)).one_or_none()
        return None if row is None else StageEvent(**{name: getattr(row, name) for name in _EVENT})

    def last(self, order_id: str, stage: str) -> StageEvent | None:
        """The last time that the order entered the stage, or None."""
        found = select(tables.events).filter_by(order_id=order_id, stage=stage).order_by(tables.events.c.at.desc()).limit(1)
        row = self._connection.execute(found).one_or_none()
        return None if row is None else StageEvent(**{name: getattr(row, name) for name in _EVENT})


class Jobs:
    """The jobs and who holds them, over one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, job: Job) -> Job:
        """The job as it is stored: this one, or the one that its key had before."""
        row = {"id": job.id, "key": job.key, "event_id": job.event_id, "created": job.created, **_changing(job)}
        self._connection.execute(insert(tables.jobs).values(row).on_conflict_do_nothing(index_elements=["key"]))
        return _job(self._connection.execute(select(tables.jobs).filter_by(key=job.key)).one())

    def get(self, job_id: str) -> Job:
        """The job with this id. Raises NotFound."""
        row = self._connection.execute(select(tables.jobs).filter_by(id=job_id)).one_or_none()
        if row is None:
            raise NotFound(what="job", name=job_id)
        return _job(row)

    def of_event(self, event_id: str) -> tuple[Job, ...]:
        """The event's jobs, in the order of its rules."""
        found = select(tables.jobs).filter_by(event_id=event_id).order_by(tables.jobs.c.created, literal_column("rowid"))
        return tuple(_job(row) for row in self._connection.execute(found))

    def unfinished(self, now: datetime, is_gone: Callable[[str], bool]) -> tuple[Job, ...]:
        """The jobs that wait, whose worker is gone, or that failed half-way, oldest first.

        A failure that a person was told of, and that left nothing half-made, is not unfinished work.
        """
        rows = self._connection.execute(select(tables.jobs).where(tables.jobs.c.state != JobState.DONE).order_by("created")).all()
        jobs = [_job(row) for row in rows if row.state != JobState.RUNNING or _is_free(row, now, is_gone)]
        return tuple(job for job in jobs if job.state is not JobState.FAILED or _is_half_way(job))

    def claim(self, job_id: str, *, now: datetime, lease_seconds: int, owner: str, is_gone: Callable[[str], bool]) -> Job | None:
        """The job, ours until the lease ends; None where it is done, failed, or held by a worker that may be alive."""
        row = self._connection.execute(select(tables.jobs).filter_by(id=job_id)).one()
        if row.state not in (JobState.WAITING, JobState.RUNNING) or (row.state == JobState.RUNNING and not _is_free(row, now, is_gone)):
            return None
        job = replace(_job(row), state=JobState.RUNNING, token=row.token + 1, attempts=row.attempts + 1, error=None)
        changes = {**_changing(job), "owner": owner, "lease_until": now + timedelta(seconds=lease_seconds)}
        self._connection.execute(update(tables.jobs).filter_by(id=job_id).values(changes))
        return job

    def reopen(self, job_id: str) -> None:
        """Let a failed job be claimed again."""
        self._connection.execute(update(tables.jobs).filter_by(id=job_id, state=JobState.FAILED).values(state=JobState.WAITING))

    def save(self, job: Job) -> None:
        """Keep the job as it is now. Raises LeaseLost where another worker has claimed it since."""
        changed = update(tables.jobs).filter_by(id=job.id, token=job.token).values(_changing(job))
        if self._connection.execute(changed).rowcount != 1:
            raise LeaseLost(job=job.id)


def _is_half_way(job: Job) -> bool:
    """Whether a failed job can go on by itself, or has a number that waits for its document."""
    is_first = job.revision <= 1
    return bool(job.error and job.error.get("retryable")) or (is_first and bool(job.document_id))


def _is_free(row: Row[Any], now: datetime, is_gone: Callable[[str], bool]) -> bool:
    return row.lease_until is None or row.lease_until <= now or is_gone(row.owner)


def _changing(job: Job) -> dict[str, Any]:
    return {"state": job.state, "token": job.token, "attempts": job.attempts, "data": encoded(job)}


def _job(row: Row[Any]) -> Job:
    """The columns win over the record: they are what claims compare and change."""
    return replace(decoded(Job, row.data), state=JobState(row.state), token=row.token, attempts=row.attempts)
