"""The zip around an office file, the same for the same content."""

from __future__ import annotations

import io
import re
import zipfile

_EPOCH = (1980, 1, 1, 0, 0, 0)
_CORE = "docProps/core.xml"
_MODIFIED = re.compile(rb"(<dcterms:modified[^>]*>)[^<]*(</dcterms:modified>)")


def settled(data: bytes, *, like: bytes) -> bytes:
    """The file without clock times of its making, and with one entry a name (templates that LibreOffice saved come out with two of one)."""
    modified = _modified(like)
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        # A later entry replaces an earlier one in the directory: it is the one that programs read, so its bytes stay.
        for name in dict.fromkeys(source.namelist()):
            content = source.read(name)
            if name == _CORE and modified:
                content = _MODIFIED.sub(rb"\g<1>" + modified + rb"\g<2>", content)
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o600 << 16
            target.writestr(entry, content)
    return out.getvalue()


def _modified(template: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(template)) as archive:
        if _CORE not in archive.namelist():
            return b""
        found = re.search(rb"<dcterms:modified[^>]*>([^<]*)</dcterms:modified>", archive.read(_CORE))
    return found.group(1) if found else b""
