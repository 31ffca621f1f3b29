"""A worker's folder in the system's place for temporary files. It goes with its worker, and at the latest when the next one comes."""

from __future__ import annotations

import fcntl
import os
import shutil
import stat
import tempfile
from pathlib import Path

_PREFIX = "docstage-office-"
_PIPES = "pipes"
# A name in /tmp that LibreOffice gave one of its sockets: nothing else is removed on a worker's word.
_PIPE = "OSL_PIPE_"


class Room:
    """An own folder, locked while this process lives: a lock, unlike a process id, cannot be taken for another's.

    `jobs` is for the files that cross, `home` for LibreOffice's profile. Raises OSError where no folder can be made.
    """

    def __init__(self) -> None:
        sweep()
        while True:
            self.path = Path(tempfile.mkdtemp(prefix=_PREFIX))
            # A sweeper of another process may take a folder in the moment before it is locked: then make another.
            lock = _locked(self.path)
            if lock is not None:
                break
        self._lock = lock
        self.jobs, self.home = self.path / "jobs", self.path / "home"
        self.jobs.mkdir()
        self.home.mkdir()

    def note_pipes(self, pipes: list[str]) -> None:
        """Remember the sockets that a kill will leave in /tmp."""
        (self.path / _PIPES).write_text("\n".join(pipes), "utf-8")

    def close(self) -> None:
        """Remove it."""
        _remove(self.path)
        os.close(self._lock)


def sweep() -> None:
    """Remove the rooms whose process is gone."""
    for path in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        lock = _locked(path)
        if lock is not None:
            _remove(path)
            os.close(lock)


def _locked(path: Path) -> int | None:
    """A lock on a folder of this user's, or None: it is held by its process, gone, or somebody else's."""
    try:
        folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError:
        return None
    try:
        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.fstat(folder).st_uid == os.getuid() and os.path.samestat(os.fstat(folder), path.lstat()):
            return folder
    except OSError:
        pass
    os.close(folder)
    return None


def _remove(path: Path) -> None:
    try:
        noted = (path / _PIPES).read_text("utf-8").splitlines()
    except OSError:
        noted = []
    for pipe in map(Path, noted):
        if pipe.name.startswith(_PIPE) and pipe.exists() and stat.S_ISSOCK(pipe.lstat().st_mode):
            pipe.unlink(missing_ok=True)
    shutil.rmtree(path, ignore_errors=True)
