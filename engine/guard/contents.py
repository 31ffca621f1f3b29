"""What may stand in the parts of an Office file, element by element, and what kind of file they make together."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

from engine.errors import RefusedFile
from engine.guard.markup import Attributes, Markup
from engine.guard.sheet import Reach
from engine.guard.word import MAX_PARAGRAPHS, MAX_TABLE_DEPTH, Fields

# Of all parts together, so that no file takes longer than about a second to read.
MAX_NODES = 800_000
MAX_MARKUP = 64 * 2**20

_OPC = "http://schemas.openxmlformats.org/package/2006/"
_WORD = (
    "http://schemas.openxmlformats.org/wordprocessingml/2006/main",
    "http://purl.oclc.org/ooxml/wordprocessingml/main",
)
_SHEET = (
    "http://schemas.openxmlformats.org/spreadsheetml/2006/main",
    "http://purl.oclc.org/ooxml/spreadsheetml/main",
)
_LINK = "http://schemas.openxmlformats.org/officeDocument/2006/relationships|link"
_STRICT_LINK = "http://purl.oclc.org/ooxml/officeDocument/relationships|link"
_EXCEL_2009 = "http://schemas.microsoft.com/office/excel/2006/main"
_VML, _OFFICE = "urn:schemas-microsoft-com:vml", "urn:schemas-microsoft-com:office:office"

_MAIN_TYPES = {
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml": ".docx",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml": ".xlsx",
}
_MACRO_WORDS = ("macroenabled", "vbaproject", "macrosheet")
_OUTSIDE_ALLOWED = ("hyperlink", "attachedtemplate")
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:|//|\\\\", re.IGNORECASE)
_CSS_LINK = re.compile(r"@import|url\(\s*['\"]?(?!#|data:(?!image/svg))", re.IGNORECASE)


class Package:
    """What the parts say of each other: content types, the main part, and how much may still come. Names are in lower case."""

    def __init__(self, parts: frozenset[str]) -> None:
        self.parts = parts
        self.main = ""
        self.nodes_left, self.bytes_left = MAX_NODES, MAX_MARKUP
        self.by_suffix: dict[str, str] = {}
        self.by_part: dict[str, str] = {}

    def type_of(self, part: str) -> str:
        """The declared content type of a part, in lower case."""
        name = part.lower()
        return self.by_part.get(name) or self.by_suffix.get(name.rpartition(".")[2], "")

    def is_markup(self, part: str) -> bool:
        """Whether a part is XML by its name or its declared type."""
        return part.lower().endswith((".xml", ".rels", ".vml", ".svg")) or "xml" in self.type_of(part).rpartition("/")[2]

    def suffix(self) -> str:
        """ ".docx" or ".xlsx", once all parts are read."""
        declared = self.type_of(self.main) if self.main else ""
        if any(word in text for part in self.parts for text in (part, self.type_of(part)) for word in _MACRO_WORDS):
            raise RefusedFile(reason="macros")
        if declared not in _MAIN_TYPES:
            raise RefusedFile(reason="not-office")
        if self.main not in self.parts:
            raise RefusedFile(reason="corrupt", detail="missing-part", part=self.main)
        return _MAIN_TYPES[declared]


class Contents(Markup):
    """Reads one part and refuses at the first thing that may not be there."""

    def __init__(self, part: str, package: Package) -> None:
        super().__init__(part)
        self.package = package
        self.fields = Fields(part)
        self.reach = Reach(part)
        self.paragraphs = self.tables = 0
        self.is_svg = False
        self.heard: list[str] | None = None

    def read(self, pieces: Iterable[bytes]) -> None:
        super().read(map(self._weighed, pieces))

    def start(self, name: str, attributes: Attributes) -> None:
        super().start(name, attributes)
        self._count(1 + len(attributes))
        if self.depth == 1:
            self.is_svg = name.rpartition("|")[2] == "svg"
        if attributes and (_LINK in attributes or _STRICT_LINK in attributes):
            raise self.unsafe("linked")
        if self.is_svg:
            self._svg(name, attributes)
        elif act := _STARTS.get(name):
            act(self, attributes)

    def end(self, name: str) -> None:
        super().end(name)
        if act := _ENDS.get(name):
            act(self)
        elif self.is_svg and self.heard is not None:
            self._style("".join(self.heard))
            self.heard = None

    def text(self, data: str) -> None:
        if self.heard is not None:
            self.heard.append(data)

    def instruction(self, target: str, data: str) -> None:
        super().instruction(target, data)
        self._count(1)

    def finish(self) -> None:
        self.fields.finish()

    def unsafe(self, detail: str, **facts: Any) -> RefusedFile:
        """The refusal of something in this part that could do harm."""
        return RefusedFile(reason="unsafe", detail=detail, part=self.part, **facts)

    def listen(self) -> None:
        """Keep the text that follows."""
        self.heard = []

    def what_was_heard(self) -> str:
        """The text since `listen`."""
        heard, self.heard = "".join(self.heard or ()), None
        return heard

    def _weighed(self, piece: bytes) -> bytes:
        self.package.bytes_left -= len(piece)
        if self.package.bytes_left < 0:
            raise RefusedFile(reason="too-large", detail="markup", limit=MAX_MARKUP // 2**20)
        return piece

    def _count(self, nodes: int) -> None:
        self.package.nodes_left -= nodes
        if self.package.nodes_left < 0:
            raise RefusedFile(reason="too-large", detail="nodes", limit=MAX_NODES)

    def _svg(self, name: str, attributes: Attributes) -> None:
        if name.rpartition("|")[2] == "style":
            self.listen()
        for key, value in attributes.items():
            local = key.rpartition("|")[2].lower()
            if local == "base" or (local in ("href", "src") and not _stays_inside(value)):
                raise self.unsafe("svg-link", target=value)
            self._style(value)

    def _style(self, css: str) -> None:
        if _CSS_LINK.search(css):
            raise self.unsafe("svg-link", target=css.strip())


def _stays_inside(target: str) -> bool:
    text = target.strip().lower()
    # An SVG within an SVG could again link to anything.
    return not text or text.startswith("#") or (text.startswith("data:") and not text.startswith("data:image/svg"))


def _paragraph(contents: Contents, _: Attributes) -> None:
    contents.paragraphs += 1
    if contents.paragraphs > MAX_PARAGRAPHS:
        raise RefusedFile(reason="too-large", detail="paragraphs", part=contents.part, limit=MAX_PARAGRAPHS)


def _table(contents: Contents, _: Attributes) -> None:
    contents.tables += 1
    if contents.tables > MAX_TABLE_DEPTH:
        raise RefusedFile(reason="too-large", detail="tables", part=contents.part, limit=MAX_TABLE_DEPTH)


def _table_end(contents: Contents) -> None:
    contents.tables -= 1


def _mark(contents: Contents, attributes: Attributes) -> None:
    contents.fields.mark(_word_attribute(attributes, "fldCharType"))


def _simple_field(contents: Contents, attributes: Attributes) -> None:
    contents.fields.check(_word_attribute(attributes, "instr"))


def _word_attribute(attributes: Attributes, local: str) -> str:
    return next((attributes[key] for space in _WORD if (key := f"{space}|{local}") in attributes), "")


def _foreign_chunk(contents: Contents, _: Attributes) -> None:
    raise contents.unsafe("chunk")


def _foreign_data(contents: Contents, _: Attributes) -> None:
    raise contents.unsafe("foreign-data")


def _vml_picture(contents: Contents, attributes: Attributes) -> None:
    for key, value in attributes.items():
        if key.rpartition("|")[2] in ("src", "href") and not _stays_inside(value):
            raise contents.unsafe("linked")


def _ole_object(contents: Contents, attributes: Attributes) -> None:
    if attributes.get("Type", "").lower() == "link":
        raise contents.unsafe("linked")


def _formula(contents: Contents, attributes: Attributes) -> None:
    contents.listen()
    if attributes.get("t") in ("array", "dataTable") and "ref" in attributes:
        contents.reach.spread(attributes["ref"])


def _range(contents: Contents, attributes: Attributes) -> None:
    contents.reach.spread(attributes.get("ref", "A1"))


def _excel_table(contents: Contents, attributes: Attributes) -> None:
    contents.reach.spread(attributes.get("ref", "A1"), "table")


def _relationship(contents: Contents, attributes: Attributes) -> None:
    kind = attributes.get("Type", "").rpartition("/")[2].lower()
    target = attributes.get("Target", "").strip()
    is_outside = attributes.get("TargetMode", "").strip().lower() == "external"
    if kind == "afchunk":
        raise contents.unsafe("chunk")
    if (is_outside or _SCHEME.match(target)) and not (is_outside and kind in _OUTSIDE_ALLOWED):
        raise contents.unsafe("external", target=target)
    if kind == "officedocument" and contents.part.lower() == "_rels/.rels":
        contents.package.main = target.lower().lstrip("/").removeprefix("./")


def _default_type(contents: Contents, attributes: Attributes) -> None:
    contents.package.by_suffix[attributes.get("Extension", "").lower()] = attributes.get("ContentType", "").lower()


def _part_type(contents: Contents, attributes: Attributes) -> None:
    name = attributes.get("PartName", "").lower().lstrip("/")
    contents.package.by_part[name] = attributes.get("ContentType", "").lower()


def _named(spaces: tuple[str, ...], acts: dict[str, Any]) -> dict[str, Any]:
    return {f"{space}|{name}": act for space in spaces for name, act in acts.items()}


def _listen(contents: Contents, _: Attributes) -> None:
    contents.listen()


def _instruction_end(contents: Contents) -> None:
    contents.fields.say(contents.what_was_heard())


def _formula_end(contents: Contents) -> None:
    contents.reach.formula(contents.what_was_heard())


_FORMULAS = ("definedName", "formula", "formula1", "formula2", "calculatedColumnFormula", "totalsRowFormula")

_STARTS: dict[str, Callable[[Contents, Attributes], None]] = {
    **_named(
        _WORD,
        {
            "p": _paragraph,
            "tbl": _table,
            "fldChar": _mark,
            "fldSimple": _simple_field,
            "instrText": _listen,
            "delInstrText": _listen,
            "altChunk": _foreign_chunk,
            "subDoc": _foreign_chunk,
        },
    ),
    **_named(
        _SHEET,
        {
            "row": lambda contents, attributes: contents.reach.row(attributes.get("r")),
            "c": lambda contents, attributes: contents.reach.cell(attributes.get("r")),
            "f": _formula,
            "mergeCell": _range,
            "hyperlink": _range,
            "table": _excel_table,
            **dict.fromkeys(("ddeLink", "oleLink", "webPr", "textPr"), _foreign_data),
            **dict.fromkeys(_FORMULAS, _listen),
        },
    ),
    **_named((_EXCEL_2009,), {"f": _listen}),
    **_named((_VML,), dict.fromkeys(("imagedata", "fill", "stroke"), _vml_picture)),
    **_named((_OFFICE,), {"OLEObject": _ole_object}),
    **_named((_OPC + "relationships",), {"Relationship": _relationship}),
    **_named((_OPC + "content-types",), {"Default": _default_type, "Override": _part_type}),
}
_ENDS: dict[str, Callable[[Contents], None]] = {
    **_named(_WORD, {"tbl": _table_end, **dict.fromkeys(("instrText", "delInstrText"), _instruction_end)}),
    **_named(_SHEET, dict.fromkeys(("f", *_FORMULAS), _formula_end)),
    **_named((_EXCEL_2009,), {"f": _formula_end}),
}
