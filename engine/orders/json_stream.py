"""A stranger's JSON or NDJSON as a stream of objects with their lines, of bounded size."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, BinaryIO

from engine.errors import BadOrderFile
from engine.orders.outcome import short

OBJECT_LIMIT = 16 * 1024 * 1024  # a parsed object takes some ten times its size in memory; NDJSON has no limit but for one line


def objects(path: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Each object with its line; line 0 where the file is one object."""
    with path.open("rb") as file:
        first = _line(file, path, 1)
        rest = file.tell()
        alone = _parsed_or_none(first)
        if alone is not None and not file.read(OBJECT_LIMIT).strip():
            yield 0, alone
        elif alone is not None:
            file.seek(rest)
            yield 1, alone
            yield from _ndjson(file, path)
        else:
            file.seek(0)
            whole = file.read(OBJECT_LIMIT + 1)
            if len(whole) > OBJECT_LIMIT:
                raise BadOrderFile(file=path.name, where="1", reason="too-large", limit=OBJECT_LIMIT >> 20)
            yield 0, _parsed(whole, path, 1)


def _ndjson(file: BinaryIO, path: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    number = 1
    while line := _line(file, path, number := number + 1):
        if line.strip():
            yield number, _parsed(line, path, number)


def _line(file: BinaryIO, path: Path, number: int) -> bytes:
    line = file.readline(OBJECT_LIMIT + 1)
    if len(line) > OBJECT_LIMIT:
        raise BadOrderFile(file=path.name, where=str(number), reason="too-large", limit=OBJECT_LIMIT >> 20)
    return line


def _parsed_or_none(text: bytes) -> Mapping[str, Any] | None:
    try:
        found = json.loads(text.decode("utf-8-sig"), parse_float=Decimal)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _parsed(text: bytes, path: Path, line: int) -> Mapping[str, Any]:
    try:
        found = json.loads(text.decode("utf-8-sig"), parse_float=Decimal)
    except UnicodeDecodeError as error:
        line += text[: error.start].count(b"\n")
        raise BadOrderFile(file=path.name, where=str(line), reason="encoding") from error
    except json.JSONDecodeError as error:
        raise BadOrderFile(file=path.name, where=str(line + error.lineno - 1), reason="bad-json", column=error.colno) from error
    except RecursionError as error:
        raise BadOrderFile(file=path.name, where=str(line), reason="too-deep") from error
    except ValueError as error:  # an integer of more digits than Python converts
        raise BadOrderFile(file=path.name, where=str(line), reason="bad-json", column=1) from error
    if not isinstance(found, dict):
        raise BadOrderFile(file=path.name, where=str(line), reason="not-an-object", value=short(found))
    return found
