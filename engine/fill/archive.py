"""The zip around an office file: what libraries must find in it, and the same bytes for the same content."""

from __future__ import annotations

import io
import re
import zipfile

_EPOCH = (1980, 1, 1, 0, 0, 0)
_UNDATED = b"2000-01-01T00:00:00Z"
_CORE = "docProps/core.xml"
_RELATIONS = "_rels/.rels"
_MODIFIED = re.compile(rb"(<dcterms:modified[^>]*>)([^<]*)(</dcterms:modified>)")
_PROPERTIES = b"http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties"
# LibreOffice and old writers name the relation so; python-docx would not find it, make properties of its own and save both.
_OTHER_PROPERTIES = re.compile(rb"http://schemas\.openxmlformats\.org/office[dD]ocument/2006/relationships/metadata/core-properties")


def opened(template: bytes) -> bytes:
    """The template as python-docx reads it: with its properties under the name that python-docx looks for."""
    with zipfile.ZipFile(io.BytesIO(template)) as archive:
        if _RELATIONS not in archive.namelist() or not _OTHER_PROPERTIES.search(archive.read(_RELATIONS)):
            return template
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts[_RELATIONS] = _OTHER_PROPERTIES.sub(_PROPERTIES, parts[_RELATIONS])
    return _zipped(parts)


def settled(data: bytes, *, like: bytes) -> bytes:
    """The file without clock times of its making, and with one entry a name: the last, which is the one that programs read."""
    with zipfile.ZipFile(io.BytesIO(data)) as source:
        parts = {name: source.read(name) for name in source.namelist()}
    if _CORE in parts:
        parts[_CORE] = _MODIFIED.sub(rb"\g<1>" + _modified(like) + rb"\g<3>", parts[_CORE])
    return _zipped(parts)


def _modified(template: bytes) -> bytes:
    """When the template was changed last; a fixed day where it does not say."""
    with zipfile.ZipFile(io.BytesIO(template)) as archive:
        found = _MODIFIED.search(archive.read(_CORE)) if _CORE in archive.namelist() else None
    return found.group(2) if found else _UNDATED


def _zipped(parts: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for name, content in parts.items():
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o600 << 16
            target.writestr(entry, content)
    return out.getvalue()
