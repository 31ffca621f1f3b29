"""What a Word file may not say in its fields, and how much of it there may be."""

from __future__ import annotations

import re

from engine.errors import RefusedFile

MAX_PARAGRAPHS = 100_000
MAX_TABLE_DEPTH = 20

# Each of these brings in a file or a page of somebody's choice when the document is opened or brought up to date.
_FETCHING = {"INCLUDETEXT", "INCLUDEPICTURE", "INCLUDE", "IMPORT", "LINK", "DDE", "DDEAUTO", "DATABASE", "RD"}
_NESTED = "\ufffc"
_SETTLED = "="  # the fields in a result are not part of the name
_ENOUGH = 1_000


class Fields:
    """The field instructions of one part, joined over the runs that Word cuts them into, one for each field that is open."""

    def __init__(self, part: str) -> None:
        self.part = part
        self._open = [""]

    def say(self, text: str) -> None:
        """Add to the instruction of the innermost field; only its beginning matters and is kept."""
        self._open[-1] = (self._open[-1] + text).lstrip()[:_ENOUGH]

    def mark(self, kind: str) -> None:
        """A field begins, its instruction is over ("separate"), or it ends."""
        is_within = len(self._open) > 1
        if kind == "begin":
            if is_within:
                self.say(_NESTED)
            self._open.append("")
        elif kind == "separate" and is_within:
            self.check(self._open[-1])
            self._open[-1] = _SETTLED
        elif kind == "end" and is_within:
            self.check(self._open.pop())

    def finish(self) -> None:
        """Check what was never ended: Word shows such a field, so it may also fetch."""
        for instruction in self._open:
            self.check(instruction)

    def check(self, instruction: str) -> None:
        """Refuse a field that fetches, or one whose name is put together by another field."""
        found = re.match(r"[^\s\"\\]*", instruction.lstrip())
        name = found.group().upper() if found else ""
        if name in _FETCHING or (_NESTED in name and not name.startswith("=")):
            raise RefusedFile(reason="unsafe", detail="field", part=self.part, field=name.replace(_NESTED, "{…}"))
