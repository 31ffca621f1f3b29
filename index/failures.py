"""What can go wrong with an index: it is busy, or it cannot be read."""

from __future__ import annotations

from pathlib import Path


class IndexBusy(Exception):
    """Another process is writing, and did not end in time."""

    def __init__(self, path: Path) -> None:
        self.path = path
        super().__init__(str(path))


class IndexDamaged(Exception):
    """The index cannot be read, or was made by another version; `rebuild` mends it."""

    def __init__(self, path: Path, reason: str) -> None:
        self.path, self.reason = path, reason
        super().__init__(reason)


class NoExtractor(Exception):
    """A program that reads text out of files is not installed; its name."""
