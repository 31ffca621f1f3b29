"""What a file from outside must pass before anything opens it.

`check_office` reads a Word or Excel file to its end once, in pieces of 64 KB, and keeps nothing of it: the archive (`archive`), each
XML part (`markup`), and what may stand in one (`contents`, `word`, `sheet`). Whatever would hang, fill or betray the programs that
open it later is refused with a reason that a person can act on.
"""

from __future__ import annotations

import re
from itertools import chain

from engine.errors import RefusedFile
from engine.guard.archive import Archive
from engine.guard.contents import Contents, Package

__all__ = ["check_office"]

MAX_SHOWN = 120
_OLE = bytes.fromhex("d0cf11e0a1b11ae1")
_ZIP = b"PK\x03\x04"
_GZIP = b"\x1f\x8b"
_EMBEDDED = re.compile(r"(word|xl)/embeddings/[^/]+\.(docx|xlsx)")
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


def check_office(data: bytes, name: str) -> str:
    """The suffix of the Office file in `data`, ".docx" or ".xlsx", by what it holds and not by its `name`.

    Raises RefusedFile with `name` as its file; nothing in its other facts is anything that a terminal would obey.
    """
    try:
        return _suffix(data)
    except RefusedFile as refusal:
        for key, fact in refusal.facts.items():
            if isinstance(fact, str):
                refusal.facts[key] = "".join(sign if sign.isprintable() else "·" for sign in fact[:MAX_SHOWN])
        refusal.facts["file"] = name
        raise


def _suffix(data: bytes) -> str:
    if not data:
        raise RefusedFile(reason="empty")
    if data.startswith(_OLE):
        # Office puts an encrypted .docx whole into an OLE file, as the stream of this name.
        is_encrypted = "EncryptedPackage".encode("utf-16-le") in data
        raise RefusedFile(reason="password" if is_encrypted else "old-format")
    if not data.startswith(_ZIP):
        raise RefusedFile(reason="not-office")

    archive = Archive(data)
    package = Package(frozenset(part.lower() for part in archive.entries))
    if "[content_types].xml" not in package.parts:
        raise RefusedFile(reason="not-office")
    for part in sorted(archive.entries, key=lambda part: part.lower() != "[content_types].xml"):
        _read(archive, part, package)
    return package.suffix()


def _read(archive: Archive, part: str, package: Package) -> None:
    pieces = archive.pieces(part)
    first = next(pieces, b"")
    if first.startswith((_ZIP, _GZIP)) and not _EMBEDDED.fullmatch(part.lower()):
        raise RefusedFile(reason="unsafe", detail="zip-within", part=part)
    whole = chain((first,), pieces)
    if package.is_markup(part) or _looks_like_markup(first):
        Contents(part, package).read(whole)
    else:
        for _ in whole:
            pass


def _looks_like_markup(first: bytes) -> bool:
    """Whether a part is XML whatever its name says: LibreOffice takes an SVG for what it is in a file named .png, too."""
    return first.startswith(_UTF16) or first.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"<")
