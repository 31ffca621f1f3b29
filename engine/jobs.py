"""Who runs a job, and when: claimed under a lease, taken over when its worker is gone, its failure kept where a person sees it."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, Protocol

from engine.errors import EngineError, LeaseLost, TemplateProblem
from engine.model import LANGUAGES, Job, JobState
from engine.pipeline import Tools, run

THREADS = 4
_POLL_SECONDS = 0.1


class Executor(Protocol):
    """Runs jobs by their ids; only ids cross it."""

    def run(self, job_ids: Sequence[str], run_one: Callable[[str], Job]) -> list[Job]:
        """The jobs as they ended, in the order given."""
        ...


class Inline:
    """One after another, in the caller's thread."""

    def run(self, job_ids: Sequence[str], run_one: Callable[[str], Job]) -> list[Job]:
        return [run_one(job_id) for job_id in job_ids]


class Threads:
    """Several at once in threads of this process."""

    def run(self, job_ids: Sequence[str], run_one: Callable[[str], Job]) -> list[Job]:
        with ThreadPoolExecutor(THREADS, thread_name_prefix="job") as pool:
            return list(pool.map(run_one, job_ids))


def run_job(job_id: str, tools: Tools) -> Job:
    """Claim the job and run it to its end, or to the failure that is then kept in its row.

    A job that a living worker holds is waited for. Raises nothing that a person caused: look at `state` and `error`.
    """
    while True:
        with tools.register.transaction() as tx:
            job = tx.jobs.claim(job_id, now=tools.now(), lease_seconds=lease_seconds(tools), owner=owner(), is_gone=is_gone)
            stored = job or tx.jobs.get(job_id)
        if job is not None:
            return _run_claimed(job, tools)
        if stored.state in (JobState.DONE, JobState.FAILED):
            return stored
        time.sleep(_POLL_SECONDS)


def _run_claimed(job: Job, tools: Tools) -> Job:
    try:
        job = run(job, tools)
    except LeaseLost:
        return run_job(job.id, tools)
    except EngineError as error:
        return _ended(job, tools, state=JobState.FAILED, error=error_record(error))
    except BaseException:
        _ended(job, tools, state=JobState.WAITING, error=None)
        raise
    return _ended(job, tools, state=JobState.DONE, error=None)


def _ended(job: Job, tools: Tools, *, state: JobState, error: dict[str, Any] | None) -> Job:
    """Write how it ended into the row as its steps left it: the steps wrote more than `job` may know."""
    with tools.register.transaction() as tx:
        job = replace(tx.jobs.get(job.id), token=job.token, state=state, error=error)
        tx.jobs.save(job)
    return job


def error_record(error: EngineError) -> dict[str, Any]:
    """An error as a job's row keeps it: its code, its texts by language, its place."""
    record: dict[str, Any] = {
        "code": error.code,
        "exit_status": error.exit_status,
        "retryable": error.retryable,
        "texts": {language: error.text(language) for language in LANGUAGES},
    }
    if isinstance(error, TemplateProblem):
        record |= {"where": error.place.facts(), "excerpt": error.excerpt, "suggestion": error.suggestion}
    return record


def lease_seconds(tools: Tools) -> int:
    """Longer than the slowest step: two renderings at their limit, each after a LibreOffice that was slow to start."""
    return 2 * tools.settings.render_seconds + 100


@cache
def _boot() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()


def owner() -> str:
    """This process by machine, boot, id and start, so that another one on this machine can tell that it is gone."""
    return f"{socket.gethostname()}/{_boot()}/{os.getpid()}/{_started(os.getpid())}"


def is_gone(claimed_by: str) -> bool:
    """Whether the process that claimed a job is known to have ended; False for another machine's, whose lease must run out."""
    host, _, rest = claimed_by.partition("/")
    boot, _, rest = rest.partition("/")
    pid, _, started = rest.partition("/")
    if host != socket.gethostname() or not pid.isdigit():
        return False
    return boot != _boot() or _started(int(pid)) != started


def _started(pid: int) -> str:
    """When the process began, in ticks since boot; "" where there is none. Field 22 of its stat, counted after the name in brackets."""
    try:
        return Path(f"/proc/{pid}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()[19]
    except OSError:
        return ""
