"""Office file to PDF. `pool.Pool` is the renderer: one warm LibreOffice in a sandbox."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Pdf:
    """A finished PDF; `renderer` names who made it: "LibreOffice 7.4.7.2"."""

    data: bytes
    pages: int
    renderer: str


@dataclass(frozen=True, slots=True)
class RendererState:
    """What makes the PDFs on this machine; what is not there is "".

    `version` is "" too where LibreOffice was found and did not start. `python` is the interpreter that speaks with it. Where
    `is_sandboxed` is False, `sandbox_reason` is a message key (`doctor-render.*`) and `sandbox_detail` its fact `detail`.
    """

    libreoffice: str = ""
    version: str = ""
    is_sandboxed: bool = False
    sandbox_reason: str = ""
    sandbox_detail: str = ""
    python: str = ""


class Renderer(Protocol):
    """Makes PDFs; may be called from several threads."""

    def pdf(self, office: bytes, suffix: str, *, name: str) -> Pdf:
        """The PDF of an office file; `suffix` is .docx or .xlsx, `name` is for error texts.

        Raises NoLibreOffice, RenderFailed, DiskFull, CannotWrite.
        """

    def ready(self) -> None:
        """Nothing, where a PDF can be tried: cheap, starts nothing. Raises NoLibreOffice."""

    def state(self) -> RendererState:
        """How it stands; starts LibreOffice to know."""

    def close(self) -> None:
        """End it, with all its processes and files. It is not used again."""
