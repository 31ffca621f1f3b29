"""What others send -> records: docstage's own JSON and NDJSON, and CommerceML. Which of them a file is, its content says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from engine.errors import BadOrderFile
from engine.orders import commerceml, own
from engine.orders.outcome import Outcome, Record, Refusal, Remark
from engine.orders.own import read_object

__all__ = ["Outcome", "Record", "Refusal", "Remark", "read", "read_object"]


def read(path: Path, stages: Mapping[str, str]) -> Iterator[Outcome]:
    """The records of a file in its order; a client comes before its orders.

    `stages` maps the order states of other systems to our stage slugs, see `Settings.stages`. A record that cannot be used comes as a
    Refusal and the others go on. Raises BadOrderFile, also midway, where the file is broken or is none of ours: then use nothing of it.
    """
    try:
        with path.open("rb") as file:
            start = file.read(1024).removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
        if start == b"<":
            yield from commerceml.read(path, stages)
        elif start == b"{":
            yield from own.read(path)
        else:
            raise BadOrderFile(file=path.name, where="1", reason="unknown-format" if start else "empty")
    except OSError as error:
        raise BadOrderFile(file=path.name, where="1", reason="unreadable", detail=error.strerror or str(error)) from error
