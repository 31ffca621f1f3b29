"""One run of the command: its global options, where it writes, and the one envelope of `--json`.

Data goes to standard output, talk and progress to standard error. A list is a table on a terminal and tab-separated when piped.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from engine.errors import EngineError
from engine.terminal.language import language, t

if TYPE_CHECKING:
    from engine.model import Job
    from engine.service import Engine

SCHEMA = 1


@dataclass
class Session:
    """The global options, and what the command has to say at its end. `exit_status` is what the run ends with."""

    workspace: str = ""
    is_json: bool = False
    is_ndjson: bool = False
    is_quiet: bool = False
    is_colourless: bool = False
    command: str = ""
    exit_status: int = 0
    warnings: list[dict[str, Any]] = field(default_factory=list)
    errors: list[dict[str, Any]] = field(default_factory=list)

    @contextmanager
    def engine(self) -> Iterator[Engine]:
        """The workspace's engine, open."""
        from engine.bootstrap import open_engine

        with open_engine(self.workspace or None) as engine:
            yield engine

    def folder(self) -> Path:
        """The workspace's folder."""
        from engine.bootstrap import find_workspace

        return find_workspace(self.workspace or None)

    def say(self, key: str, **facts: Any) -> None:
        """A sentence for a person, to standard error; nothing where `--quiet` or `--json` asks for silence."""
        if not self.is_quiet and not self.is_machine:
            print(t(key, **facts), file=sys.stderr)

    def warn(self, code: str, message: str, **facts: Any) -> None:
        """Something that went another way than it should have, but went."""
        self.warnings.append({"code": code, "message": message, **facts})
        if not self.is_machine:
            print(self.paint(f"! {message}", "yellow"), file=sys.stderr)

    def fail(self, error: EngineError) -> None:
        """A part that failed while others went on; the run ends with the first one's exit status."""
        from engine.service.shapes import problem

        self.failed(problem(error, language()), error.exit_status)

    def failed(self, shape: Mapping[str, Any], exit_status: int) -> None:
        """The same, where the failure is known by its shape only."""
        self.errors.append(dict(shape))
        self.exit_status = self.exit_status or exit_status
        if not self.is_machine:
            print(self.paint(f"✗ {shape['message']}  [{shape['code']}]", "red"), file=sys.stderr)

    def fail_jobs(self, jobs: Iterable[Job]) -> None:
        """The jobs that did not come to their end, each with what stopped it."""
        from engine.service.shapes import job

        for part in jobs:
            if part.error:
                self.failed(job(part, language())["error"], part.error["exit_status"])

    def result(self, result: Any, lines: Sequence[str] = ()) -> None:
        """What the command gives back: the envelope for a program, `lines` for a person."""
        if self.is_machine:
            self._print_envelope(result)
            return
        for line in lines:
            print(line)

    def table(self, result: Any, *, rows: Sequence[Sequence[Any]], heads: Sequence[str], items: Sequence[Any] = ()) -> None:
        """A list: as the envelope, one object a line (`--ndjson`, of `items`), a table, or tab-separated."""
        if self.is_ndjson:
            for item in items:
                print(json.dumps(item, ensure_ascii=False))
        elif self.is_json:
            self._print_envelope(result)
        elif sys.stdout.isatty():
            self._print_table(rows, heads)
        else:
            for row in rows:
                print("\t".join(" ".join(str(cell).split()) for cell in row))

    @property
    def is_machine(self) -> bool:
        """Whether a program reads the output."""
        return self.is_json or self.is_ndjson

    def paint(self, text: str, colour: str, stream: TextIO | None = None) -> str:
        """The text in a colour, where the stream shows colours and nobody forbade them."""
        codes = {"red": 31, "green": 32, "yellow": 33, "bold": 1}
        return f"\033[{codes[colour]}m{text}\033[0m" if self.has_colours(stream or sys.stderr) else text

    def has_colours(self, stream: TextIO) -> bool:
        """Off for NO_COLOR, TERM=dumb, `--no-color` and anything but a terminal; FORCE_COLOR turns it on for what is no terminal."""
        if self.is_colourless or os.environ.get("NO_COLOR"):
            return False
        if os.environ.get("FORCE_COLOR"):
            return True
        return stream.isatty() and os.environ.get("TERM") != "dumb"

    def _print_envelope(self, result: Any) -> None:
        envelope = {
            "schema": SCHEMA,
            "ok": not self.errors and self.exit_status == 0,
            "command": self.command,
            "result": result,
            "warnings": self.warnings,
            "errors": self.errors,
        }
        print(json.dumps(envelope, ensure_ascii=False, indent=None if self.is_ndjson else 2))

    def _print_table(self, rows: Sequence[Sequence[Any]], heads: Sequence[str]) -> None:
        from rich.console import Console
        from rich.table import Table

        table = Table(*heads, box=None, pad_edge=False, header_style="bold", show_edge=False)
        for row in rows:
            table.add_row(*(str(cell).replace("[", "\\[") for cell in row))
        Console(no_color=not self.has_colours(sys.stdout), highlight=False).print(table)
