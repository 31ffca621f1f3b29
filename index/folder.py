"""An index's folder: which build of it is the current one, who may write, and how a new build takes the place of the old.

index/lock          held by whoever writes or builds
index/current       «<schema version> <name of a build>», replaced in one rename
index/build-…/      the build: Whoosh's files
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from whoosh.util.filelock import FileLock, try_for

from index.failures import IndexBusy, IndexDamaged

_BUILD = re.compile(r"build-[0-9a-f]{16}")
_EARLIER = re.compile(r"version|_?MAIN_.*")  # files of the first schema, which lay in the folder itself
_DELAY = 0.05
_UNFINISHED = ("lock", "current.new")  # what a folder holds while its first build is being made


class Folder:
    """The folder of one index, for builds of schema `version`."""

    def __init__(self, path: Path, version: int) -> None:
        self.path, self._version = path, version

    def is_empty(self) -> bool:
        """Whether no index was ever made here: a build that was never finished is none."""
        return not self.path.is_dir() or all(_BUILD.fullmatch(entry.name) or entry.name in _UNFINISHED for entry in self.path.iterdir())

    def current(self) -> Path:
        """The build that is searched and written. Raises IndexDamaged where there is none of this version."""
        try:
            version, name = (self.path / "current").read_text("ascii").split()
        except (OSError, ValueError) as error:
            raise IndexDamaged(self.path, f"no build of schema {self._version}") from error
        if version != str(self._version) or not _BUILD.fullmatch(name):
            raise IndexDamaged(self.path, f"schema {version}, not {self._version}")
        return self.path / name

    def new_build(self) -> Path:
        """A new and empty folder to build in. Only for who holds the lock."""
        build = self.path / f"build-{secrets.token_hex(8)}"
        build.mkdir()
        return build

    def swap(self, build: Path) -> None:
        """Make `build` the current one, in one rename, and delete the others. Only for who holds the lock."""
        fresh = self.path / "current.new"
        with fresh.open("w", encoding="ascii") as file:
            file.write(f"{self._version} {build.name}")
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self.path / "current")
        self.tidy()

    def tidy(self) -> None:
        """Delete builds that are not the current one. Who still reads them keeps reading: the files live until they are closed."""
        keep = self.current().name
        for entry in self.path.iterdir():
            if _BUILD.fullmatch(entry.name) and entry.name != keep:
                shutil.rmtree(entry, ignore_errors=True)
            elif _EARLIER.fullmatch(entry.name):
                shutil.rmtree(entry, ignore_errors=True) if entry.is_dir() else entry.unlink(missing_ok=True)

    @contextmanager
    def writing(self, seconds: float) -> Iterator[None]:
        """Nobody else writes meanwhile, in this process or another; a process that dies lets go. Raises IndexBusy after `seconds`."""
        try:
            self.path.mkdir(parents=True, exist_ok=True)
        except (FileExistsError, NotADirectoryError) as error:
            raise IndexDamaged(self.path, "this is no folder") from error
        lock = FileLock(str(self.path / "lock"))
        if not try_for(lock.acquire, timeout=seconds, delay=_DELAY):
            raise IndexBusy(self.path)
        try:
            yield
        finally:
            lock.release()
