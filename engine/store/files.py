"""Files by the sha-256 of their bytes: written once, whole or not at all, and never changed."""

from __future__ import annotations

import hashlib
import os
import tempfile
import time
from pathlib import Path

from engine.errors import FileDamaged, NotFound, unwritten

_LEFTOVER_SECONDS = 3600


class Files:
    """Blobs under `root`, as `ab/cdef….pdf`; the suffix lets people open them."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def put(self, data: bytes, suffix: str = "") -> str:
        """Keep the bytes and return their sha-256. The same bytes again write nothing.

        A temporary name in the same folder, synced, then renamed: a reader never meets half a file. Raises DiskFull or CannotWrite.
        """
        sha256 = hashlib.sha256(data).hexdigest()
        path = self.path(sha256, suffix)
        try:
            if not (path.exists() and path.stat().st_size == len(data)):
                self._make(path.parent)
                _write(path, data)
        except OSError as error:
            raise unwritten(error, self._root) from error
        return sha256

    def get(self, sha256: str, suffix: str = "") -> bytes:
        """The bytes with this hash. Raises NotFound where they are gone, FileDamaged where they are not what they were."""
        path = self.path(sha256, suffix)
        try:
            data = path.read_bytes()
        except OSError as error:
            raise NotFound(what="file", name=str(path)) from error
        if hashlib.sha256(data).hexdigest() != sha256:
            raise FileDamaged(path=path)
        return data

    def path(self, sha256: str, suffix: str = "") -> Path:
        """Where the bytes with this hash are kept."""
        return self._root / sha256[:2] / f"{sha256[2:]}{suffix}"

    def _make(self, folder: Path) -> None:
        """The folder, itself on the disk, without what a killed program left in it."""
        if not folder.is_dir():
            folder.mkdir(parents=True, exist_ok=True)
            _sync_folder(self._root)
        for leftover in folder.glob(".*.part"):
            if leftover.stat().st_mtime < time.time() - _LEFTOVER_SECONDS:
                leftover.unlink(missing_ok=True)


def _write(path: Path, data: bytes) -> None:
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".part")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(0o444)
        temporary.rename(path)
        _sync_folder(path.parent)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
