"""Keeps one LibreOffice warm and its callers apart from its accidents: a hang is ended, a death is mended, a refusal is told."""

from __future__ import annotations

import atexit
import threading
from collections.abc import Callable
from concurrent.futures import CancelledError, ThreadPoolExecutor
from contextlib import closing
from typing import TypeVar

import pypdfium2

from engine.errors import EngineError, NoLibreOffice, RenderFailed, unwritten
from engine.render import Pdf, RendererState, libreoffice, sandbox
from engine.render.process import Died, Hung, NotEnclosed, Refused, Worker

T = TypeVar("T")

# PDFium allows one call at a time in a process. The lock hangs on the library, so that whoever else uses it can share it.
_PDFIUM: threading.Lock = pypdfium2.__dict__.setdefault("one_call_at_a_time", threading.Lock())


class Pool:
    """A supervisor of one worker; `seconds` is the longest that one try at one document may take.

    A worker that hung or died is replaced and the document tried once more. Calls from several threads take turns.
    """

    def __init__(self, *, seconds: float = 60) -> None:
        self.seconds = seconds
        self._worker: Worker | None = None
        self._open_because: NotEnclosed | None = None
        self._is_closed = False
        # The kernel's "die with your parent" means the parent's thread: so one thread, as old as the pool, starts all workers.
        self._keeper = ThreadPoolExecutor(1, thread_name_prefix="libreoffice")
        atexit.register(self.close)

    def pdf(self, office: bytes, suffix: str, *, name: str) -> Pdf:
        """The PDF of an office file. Raises NoLibreOffice, RenderFailed, DiskFull, CannotWrite."""

        def render(worker: Worker) -> Pdf:
            data = worker.pdf(office, suffix, self.seconds)
            return Pdf(data, _pages(data), f"LibreOffice {worker.version}")

        return self._kept(render, name)

    def ready(self) -> None:
        """Nothing, where LibreOffice is installed. Raises NoLibreOffice."""
        libreoffice.find()

    def state(self) -> RendererState:
        """How it stands, with LibreOffice started to prove it. Raises nothing: what is not there is empty."""
        try:
            found = libreoffice.find()
        except NoLibreOffice:
            return RendererState()
        try:
            version = self._kept(lambda worker: worker.version, "")
        except EngineError:
            version = ""
        why = self._open_because
        return RendererState(
            libreoffice=found.soffice,
            version=version,
            is_sandboxed=bool(version) and why is None,
            sandbox_reason=f"doctor-render.{why.reason}" if why else "",
            sandbox_detail=why.detail if why else "",
            python=found.python,
        )

    def close(self) -> None:
        """End LibreOffice, in the middle of a document if need be, with all its processes and files. May be called again."""
        self._is_closed = True
        atexit.unregister(self.close)
        if self._worker:
            self._worker.kill()
        self._keeper.shutdown(cancel_futures=True)
        self._drop()

    def _kept(self, act: Callable[[Worker], T], name: str) -> T:
        try:
            return self._keeper.submit(self._twice, act, name).result()
        except CancelledError as error:
            raise RenderFailed(file=name, reason="died", seconds=self.seconds) from error

    def _twice(self, act: Callable[[Worker], T], name: str) -> T:
        """What `act` makes of a warm worker; a second try, on a new one, where the first hung or died. Runs in the keeper."""
        reason = "died"
        for _ in range(2):
            try:
                return act(self._warm())
            except Refused as error:
                raise RenderFailed(retryable=False, file=name, reason="refused", seconds=self.seconds) from error
            except Hung:
                reason = "hung"
            except Died:
                reason = "died"
            except OSError as error:
                raise unwritten(error, error.filename or "") from error
            self._drop()
            if self._is_closed:
                break
        raise RenderFailed(file=name, reason=reason, seconds=self.seconds)

    def _warm(self) -> Worker:
        """The worker, started where there is none. Raises NoLibreOffice, Died, Hung, OSError."""
        if self._worker and self._worker.is_alive:
            return self._worker
        self._drop()
        if self._open_because is None:
            try:
                return self._start(is_enclosed=True)
            except NotEnclosed as error:
                self._open_because = error
                self._drop()
        return self._start(is_enclosed=False)

    def _start(self, *, is_enclosed: bool) -> Worker:
        if is_enclosed and not sandbox.bubblewrap():
            raise NotEnclosed("no-bubblewrap", "")
        self._worker = worker = Worker(libreoffice.find(), is_enclosed=is_enclosed)
        if self._is_closed:
            raise Died("closed")
        worker.warm()
        return worker

    def _drop(self) -> None:
        if self._worker:
            self._worker.close()
            self._worker = None


def _pages(data: bytes) -> int:
    """How many pages a PDF has. Raises Died: a PDF that cannot be read is none."""
    with _PDFIUM:
        try:
            document = pypdfium2.PdfDocument(data)
        except pypdfium2.PdfiumError as error:
            raise Died(str(error)) from error
        with closing(document):
            return len(document)
