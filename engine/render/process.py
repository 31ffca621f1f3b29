"""One running worker: started, asked, ended. Who starts again, and when, is `pool`'s affair."""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import subprocess
import time
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Any, cast

from engine.render import sandbox
from engine.render.libreoffice import Installation
from engine.render.room import Room

# LibreOffice's names of the filters: with a filter named, other content under a .docx name is refused instead of guessed at.
FILTERS = {".docx": "MS Word 2007 XML", ".xlsx": "Calc MS Excel 2007 XML"}
_START_SECONDS = 25.0
_LONGEST_LINE = 64 * 1024
_LARGEST_PDF = 512 * 1024 * 1024
_HERE = Path(__file__).parent


class Died(Exception):
    """The worker ended, or what it answered is no answer."""


class Hung(Exception):
    """The worker did not answer in time."""


class Refused(Exception):
    """LibreOffice could not open the file."""


class NotEnclosed(Exception):
    """The sandbox could not be set up, or does not hold: `reason` is the last part of a message key, `detail` what the system said."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(reason, detail)
        self.reason, self.detail = reason, detail


class Worker:
    """A worker just started; `version` is LibreOffice's once it is `warm`. Raises OSError where its folder cannot be made."""

    def __init__(self, installation: Installation, *, is_enclosed: bool) -> None:
        self.version = ""
        self._jobs = 0
        self._rest = b""
        self._room = Room()
        self._errors = (self._room.path / "errors").open("w+b")
        self._canary = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._canary.bind(f"\0{self._room.path.name}")
        self._canary.listen()
        self._is_enclosed = is_enclosed
        self._process = self._spawn(installation)
        self._stdin, self._stdout = cast(IO[bytes], self._process.stdin), cast(IO[bytes], self._process.stdout)

    def _spawn(self, installation: Installation) -> subprocess.Popen[bytes]:
        unoserver = find_spec("unoserver")
        if unoserver is None or unoserver.origin is None:
            raise Died("unoserver")
        code = {name: _HERE / name for name in ("worker.py", "profile.xcu", "java.xml")}
        code["converter.py"] = Path(unoserver.origin).with_name("converter.py")
        home, jobs = os.fspath(self._room.home), os.fspath(self._room.jobs)
        seen = {name: os.fspath(path) for name, path in code.items()}
        if self._is_enclosed:
            home, jobs = sandbox.HOME, sandbox.JOBS
            seen = {name: f"{sandbox.CODE}/{name}" for name in code}
        task = {
            "program": os.fspath(installation.program),
            "converter": seen["converter.py"],
            "profile": os.fspath(Path(seen["profile.xcu"]).parent),
            "home": home,
            "jobs": jobs,
            "name": self._room.path.name,
            "secrets": [os.fspath(self._room.path), "/etc/passwd"],
            "socket": self._room.path.name,
            "litter": "" if self._is_enclosed else os.fspath(self._room.path),
        }
        command = [installation.python, "-B", seen["worker.py"], json.dumps(task)]
        if self._is_enclosed:
            command = sandbox.enclosed(command, code, jobs=self._room.jobs, folders=installation.folders)
        # A session of its own: Ctrl-C in the terminal is ours to handle, and one kill ends the whole group.
        return subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            env=sandbox.environment(home),
            start_new_session=True,
        )

    def warm(self) -> None:
        """Wait until LibreOffice answers. Raises Died, Hung; NotEnclosed where a sandbox was asked for and does not hold."""
        try:
            reached = self._answer(_START_SECONDS).get("reached")
        except Died as error:
            if self._is_enclosed:
                raise NotEnclosed("refused", self._last_error()) from error
            raise
        if self._is_enclosed and reached != []:
            raise NotEnclosed("leaks", ", ".join(map(str, reached or ["?"])))
        ready = self._answer(_START_SECONDS)
        self.version = str(ready.get("version", ""))
        if not self._is_enclosed:
            self._room.note_pipes([str(pipe) for pipe in ready.get("pipes", ())])
        self._canary.close()

    @property
    def is_alive(self) -> bool:
        """Whether the process still runs."""
        return self._process.poll() is None

    def pdf(self, office: bytes, suffix: str, seconds: float) -> bytes:
        """The PDF of an office file. Raises Refused, Died, Hung, and OSError where the file cannot be written."""
        self._jobs += 1
        source, target = self._room.jobs / f"{self._jobs}{suffix}", self._room.jobs / f"{self._jobs}.pdf"
        try:
            source.write_bytes(office)
            self._say({"from": source.name, "to": target.name, "filter": FILTERS[suffix]})
            answer = self._answer(seconds)
            if "refused" in answer:
                raise Refused(str(answer["refused"]))
            return _read_regular(target)
        except FileNotFoundError as error:
            raise Died("its folder was removed") from error
        finally:
            source.unlink(missing_ok=True)
            target.unlink(missing_ok=True)

    def kill(self) -> None:
        """End all its processes now; may be called from any thread, and again."""
        if self._process.returncode is None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)

    def close(self) -> None:
        """End it, wait for that, and remove what it leaves."""
        self.kill()
        self._process.wait()
        for stream in (self._stdin, self._stdout, self._errors, self._canary):
            with suppress(OSError):  # the pipe to a dead process
                stream.close()
        self._room.close()

    def _say(self, line: dict[str, Any]) -> None:
        try:
            self._stdin.write(json.dumps(line).encode() + b"\n")
            self._stdin.flush()
        except OSError as error:
            raise Died(str(error)) from error

    def _answer(self, seconds: float) -> dict[str, Any]:
        """The next line. Whatever is inside may be hostile: a line is short, JSON, an object, or the worker counts as dead."""
        deadline = time.monotonic() + seconds
        lines = select.poll()
        lines.register(self._stdout, select.POLLIN)
        while b"\n" not in self._rest:
            if not lines.poll(max(0.0, deadline - time.monotonic()) * 1000):
                raise Hung
            piece = os.read(self._stdout.fileno(), _LONGEST_LINE)
            self._rest += piece
            if not piece or len(self._rest) > _LONGEST_LINE:
                raise Died(self._last_error())
        line, _, self._rest = self._rest.partition(b"\n")
        try:
            answer = json.loads(line)
        except ValueError as error:
            raise Died("no JSON") from error
        if not isinstance(answer, dict):
            raise Died("no object")
        return answer

    def _last_error(self) -> str:
        """The last line that bwrap or the worker wrote to its error output."""
        self._errors.seek(max(0, self._errors.seek(0, os.SEEK_END) - 400))
        lines = self._errors.read().decode("utf-8", "replace").splitlines()
        return lines[-1][:200] if lines else ""


def _read_regular(path: Path) -> bytes:
    """A file's bytes. What the sandbox put under this name may be a link out of it or a pipe: that is no PDF."""
    try:
        file = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        raise Died(str(error)) from error
    with os.fdopen(file, "rb") as stream:
        data = stream.read(_LARGEST_PDF + 1) if Path(f"/proc/self/fd/{file}").is_file() else b""
    if not data.startswith(b"%PDF") or len(data) > _LARGEST_PDF:
        raise Died("no PDF")
    return data
