"""Everything that can go wrong, as one tree.

EngineError
├── BadInput             2   what was given cannot be used
│   ├── BadSetting           a setting in docstage.toml, .env, the environment or an option
│   ├── BadOrderFile         a file of orders and clients; `where` names the line or the element
│   ├── BadChange            an edit names a line or a field that the order has not, or gives no number
│   ├── Ambiguous            a number that several records bear
│   ├── EventConflict        an event id used before for something else
│   └── StageUnknown         the order's process has no such stage
├── NotFound             4   no such order, document, template, rule or file
├── TemplateProblem      1   a template cannot be filled; has a `Place`
│   ├── UnknownField         F01
│   ├── LookAlike            F02
│   ├── BadSyntax            S01, T01, T02, P01, P02
│   ├── WholeObject          Q01
│   ├── UnknownFilter        U01
│   ├── MissingValue         V01 a field that this order, client or legal entity has empty
│   ├── BadValue             V02 a value that its filter or the paper cannot take
│   ├── UnsafeTemplate       the sandbox refused what the template tried
│   └── LooksLikeField       L01 a remark of `template check`
├── RefusedFile          1   the guard did not let a file in: E01 and its reasons
├── DocumentIncomplete   1   what a document needs and nobody gave: a legal entity, a client, lines
├── Unavailable          3   the machine or the workspace is not ready
│   ├── NoWorkspace, NewerWorkspace, RegisterBusy, RegisterDamaged
│   ├── DiskFull, CannotWrite, FileDamaged
│   ├── IndexDamaged, IndexBusy
│   └── NoLibreOffice E02, NoPoppler E03
├── EditConflict         1   somebody else has changed the document meanwhile
├── LeaseLost            1   another worker has the job now
├── PluginFailed         1   a plug-in raised what it should have handled
└── RenderFailed         5   LibreOffice refused, hung or died; `retryable` unless it refused

Each has a stable `code`, an `exit_status` for the terminal, an `http_status` for the API, and facts. The sentences stand in
`engine/messages/error.*.toml` under the code, so that every outsider says the same in the user's language.
"""

from __future__ import annotations

import difflib
import errno
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from engine import messages


def nearest(name: str, names: Iterable[str]) -> str:
    """The one of `names` that was probably meant, "" where none is like `name`: what an error suggests."""
    return next(iter(difflib.get_close_matches(name, list(names), n=1)), "")


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a file something stands: numbers count from 1, 0 and "" mean "not there"; `part` is a key of `place.part.*`."""

    file: str = ""
    part: str = ""
    page: int = 0
    paragraph: int = 0
    table: int = 0
    row: int = 0
    col: int = 0
    sheet: str = ""
    cell: str = ""

    def facts(self) -> dict[str, Any]:
        """The parts that are known, for JSON."""
        return {key: value for key, value in asdict(self).items() if value}


class EngineError(Exception):
    """Root of all; `text(language)` is what a person reads, `facts` what a program reads."""

    code = "engine-error"
    retryable = False
    exit_status = 1
    http_status = 500

    def __init__(self, **facts: Any) -> None:
        self.facts = facts
        super().__init__(self.code)

    def text(self, language: str = "en") -> str:
        """The sentence in `language`: what failed, why, what to do."""
        return messages.text(f"error.{self.code}", language, **self.facts)

    def __str__(self) -> str:
        return self.text("en")


class BadInput(EngineError):
    code, exit_status, http_status = "bad-input", 2, 400


class BadSetting(BadInput):
    """Facts: setting, value, allowed."""

    code = "bad-setting"


class BadOrderFile(BadInput):
    """Facts: file, where (a line, or a place in the file's own words), reason (a key of `orders.*`) and what that sentence needs."""

    code = "bad-order-file"

    def text(self, language: str = "en") -> str:
        where = str(self.facts["where"])
        where = messages.text("orders.line", language, line=where) if where.isdigit() else where
        reason = messages.text(f"orders.{self.facts['reason']}", language, **self.facts)
        return messages.text("error.bad-order-file", language, **{**self.facts, "where": where, "reason": reason})


class BadChange(BadInput):
    """Facts: path, value, reason (a key of `change.*`), choices."""

    code = "bad-change"

    def text(self, language: str = "en") -> str:
        reason = messages.text(f"change.{self.facts['reason']}", language, **self.facts)
        return messages.text("error.bad-change", language, **{**self.facts, "reason": reason})


class Ambiguous(BadInput):
    """Facts: what (a key of `what.*`), name, choices."""

    code = "ambiguous"

    def text(self, language: str = "en") -> str:
        return messages.text("error.ambiguous", language, **{**self.facts, "what": messages.text(f"what.{self.facts['what']}", language)})


class StageUnknown(BadInput):
    """Facts: stage, process, choices."""

    code, exit_status, http_status = "stage-unknown", 4, 404


class NotFound(EngineError):
    """Facts: what (a key of `what.*`: order, document, template, …), name, suggestion (the nearest name or "")."""

    code, exit_status, http_status = "not-found", 4, 404

    def text(self, language: str = "en") -> str:
        what = messages.text(f"what.{self.facts['what']}", language)
        near = self.facts.get("suggestion", "")
        hint = " " + messages.text("error.suggestion", language, suggestion=near) if near else ""
        return messages.text("error.not-found", language, **{**self.facts, "what": what, "suggestion": hint})


class TemplateProblem(EngineError):
    """A slip in a template, at its place. `excerpt` is the line it stands in; a `reason` among the facts may be a key of `problem.*`."""

    code, http_status = "template", 422
    severity = "error"

    def __init__(self, place: Place, *, excerpt: str = "", suggestion: str | None = None, **facts: Any) -> None:
        self.place, self.excerpt, self.suggestion = place, excerpt, suggestion
        super().__init__(excerpt=excerpt, suggestion=suggestion or "", **facts)

    def text(self, language: str = "en") -> str:
        reason = str(self.facts.get("reason", ""))
        known = messages.has(f"problem.{reason}", language)
        facts = {**self.facts, "reason": messages.text(f"problem.{reason}", language, **self.facts) if known else reason}
        sentence = messages.text(f"error.{self.code}", language, **facts)
        where = messages.place(self.place.facts(), language)
        hint = messages.text("error.suggestion", language, suggestion=self.suggestion) if self.suggestion else ""
        line = f"«{self.excerpt}»" if self.excerpt else ""
        return " ".join(part for part in (sentence, f"{where}: {line}" if where and line else where or line, hint) if part)


class UnknownField(TemplateProblem):
    """Facts: name."""

    code = "F01"


class LookAlike(TemplateProblem):
    """Facts: name, letter, script."""

    code = "F02"


class BadSyntax(TemplateProblem):
    """Facts: reason, or tag. `code` says which kind.

    S01 a tag that is not closed or cannot be read; T01 a loop not closed; T02 a loop within a row; P01, P02 text lost beside the tag of
    a paragraph or a row.
    """

    code = "S01"

    def __init__(self, place: Place, *, code: str = "S01", **facts: Any) -> None:
        self.code = code
        super().__init__(place, **facts)


class UnknownFilter(TemplateProblem):
    """Facts: name."""

    code = "U01"


class MissingValue(TemplateProblem):
    """Facts: name, owner (whose card it is filled in at, may be empty)."""

    code = "V01"


class BadValue(TemplateProblem):
    """Facts: name, value, reason."""

    code = "V02"


class WholeObject(TemplateProblem):
    """A placeholder prints a record, a list or a function instead of a field. Facts: name."""

    code = "Q01"


class UnsafeTemplate(TemplateProblem):
    """Facts: reason."""

    code = "unsafe-template"


class LooksLikeField(TemplateProblem):
    """Facts: name."""

    code, severity = "L01", "remark"


class RefusedFile(EngineError):
    """Facts: file, reason (a key of `refused.*` in the catalogue) and what that sentence needs; a `detail` may be a key of `guard.*`."""

    code, http_status = "E01", 422

    def text(self, language: str = "en") -> str:
        facts = dict(self.facts)
        if messages.has(f"guard.{facts.get('detail')}", language):
            facts["detail"] = messages.text(f"guard.{facts['detail']}", language, **facts)
        reason = messages.text(f"refused.{facts['reason']}", language, **facts)
        return messages.text("error.E01", language, **{**self.facts, "reason": reason})


class DocumentIncomplete(EngineError):
    """Facts: order, missing (a key of `missing.*`)."""

    code, http_status = "document-incomplete", 422

    def text(self, language: str = "en") -> str:
        missing = messages.text(f"missing.{self.facts['missing']}", language, **self.facts)
        return messages.text("error.document-incomplete", language, **{**self.facts, "missing": missing})


class Unavailable(EngineError):
    code, retryable, exit_status, http_status = "unavailable", True, 3, 503


class NoWorkspace(Unavailable):
    """Facts: path."""

    code = "no-workspace"


class NewerWorkspace(Unavailable):
    """Facts: path, found, known."""

    code, retryable = "newer-workspace", False


class RegisterBusy(Unavailable):
    """Facts: path, seconds."""

    code = "register-busy"


class RegisterDamaged(Unavailable):
    """Facts: path, reason."""

    code, retryable = "register-damaged", False


class DiskFull(Unavailable):
    """Facts: path."""

    code = "disk-full"


class CannotWrite(Unavailable):
    """Facts: path, reason."""

    code = "cannot-write"


class FileDamaged(Unavailable):
    """A kept file is not what was put in. Facts: path."""

    code, retryable = "file-damaged", False


def unwritten(error: OSError, path: object) -> Unavailable:
    """What an OSError on writing means: a full disk, or a place that cannot be written."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return DiskFull(path=path)
    return CannotWrite(path=path, reason=error.strerror or str(error))


class IndexDamaged(Unavailable):
    """Facts: path, reason."""

    code = "index-damaged"


class IndexBusy(Unavailable):
    """Facts: path."""

    code = "index-busy"


class NoLibreOffice(Unavailable):
    """Facts: searched."""

    code = "E02"


class PluginFailed(EngineError):
    """Facts: hook, reason. What the plug-in was called for is done already; the job stays at its step and goes on when asked again."""

    code, retryable = "plugin-failed", True


class EditConflict(EngineError):
    """Somebody else has changed the document since. Facts: number."""

    code, http_status = "edit-conflict", 409


class LeaseLost(EngineError):
    """Another worker has claimed the job since. Facts: job."""

    code, retryable = "lease-lost", True


class EventConflict(BadInput):
    """An event id that was used for another order or stage. Facts: event, order, stage."""

    code, http_status = "event-conflict", 409


class NoPoppler(Unavailable):
    code = "E03"


class RenderFailed(EngineError):
    """Facts: file, reason (a key of `render.*`: refused, hung, died), seconds."""

    code, exit_status, http_status = "render-failed", 5, 502

    def __init__(self, *, retryable: bool = True, **facts: Any) -> None:
        self.retryable = retryable
        super().__init__(**facts)

    def text(self, language: str = "en") -> str:
        reason = messages.text(f"render.{self.facts['reason']}", language, **self.facts)
        return messages.text("error.render-failed", language, **{**self.facts, "reason": reason})
