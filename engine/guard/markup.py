"""One XML part, read in pieces by expat: no DTD, no depth without end, no token without end."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from xml.parsers import expat

from engine.errors import RefusedFile

MAX_DEPTH = 200
# Expat reads an unfinished token from its start again with every piece: 64 MB of one attribute would take half a minute.
MAX_TOKEN = 2**18

Attributes = Mapping[str, str]


class Markup:
    """The reading of one part. Subclasses look at its elements; names are `namespace|local`."""

    def __init__(self, part: str) -> None:
        self.part = part
        self.depth = 0

    def read(self, pieces: Iterable[bytes]) -> None:
        """Read the part to its end; raises RefusedFile."""
        parser = self._parser()
        fed = 0
        try:
            for piece in pieces:
                parser.Parse(piece, False)  # noqa: FBT003
                fed += len(piece)
                if fed - parser.CurrentByteIndex > MAX_TOKEN:
                    raise RefusedFile(reason="too-large", detail="token", part=self.part, limit=MAX_TOKEN // 1024)
            parser.Parse(b"", True)  # noqa: FBT003
        except (expat.ExpatError, LookupError, UnicodeError, ValueError) as problem:
            line = getattr(problem, "lineno", parser.CurrentLineNumber)
            raise RefusedFile(reason="corrupt", detail="xml", part=self.part, line=line) from problem
        self.finish()

    def start(self, name: str, attributes: Attributes) -> None:  # noqa: ARG002
        """An element begins."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise RefusedFile(reason="too-large", detail="depth", part=self.part, limit=MAX_DEPTH)

    def end(self, name: str) -> None:  # noqa: ARG002
        """An element ends."""
        self.depth -= 1

    def text(self, data: str) -> None:
        """Some of an element's text."""

    def instruction(self, target: str, data: str) -> None:  # noqa: ARG002
        """A processing instruction."""
        if target == "xml-stylesheet":
            raise RefusedFile(reason="unsafe", detail="stylesheet", part=self.part)

    def finish(self) -> None:
        """All is read."""

    def _parser(self) -> expat.XMLParserType:
        parser = expat.ParserCreate(namespace_separator="|")
        parser.buffer_text = True
        parser.StartElementHandler = self.start
        parser.EndElementHandler = self.end
        parser.CharacterDataHandler = self.text
        parser.StartDoctypeDeclHandler = self._refuse_dtd
        parser.ProcessingInstructionHandler = self.instruction
        return parser

    def _refuse_dtd(self, *_: object) -> None:
        raise RefusedFile(reason="unsafe", detail="dtd", part=self.part)
