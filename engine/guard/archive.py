"""The zip that an Office file is: its directory, and its parts really unpacked, whatever its headers claim."""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator

from engine.errors import RefusedFile

PIECE = 64 * 1024
MAX_ENTRIES = 2_000
MAX_DIRECTORY = 2**20
MAX_PART = 64 * 2**20
MAX_TOTAL = 200 * 2**20
MAX_RATIO = 200
RATIO_FROM = 2**20

_LOCAL_HEADER = struct.Struct("<4s2xHH16xHH")
_IS_ENCRYPTED = 0x1 | 0x40
_IS_UTF8 = 0x800
_BAD_NAME = re.compile(r"^/|^[A-Za-z]:|\\|[\x00-\x1f]|(^|/)\.\.(/|$)|^$")


class _Directory(io.BytesIO):
    """The file as `zipfile` sees it: a directory of a million entries is not read, however its end record is written."""

    def read(self, size: int | None = -1, /) -> bytes:
        if size is not None and size > MAX_DIRECTORY:
            raise RefusedFile(reason="too-large", detail="entries", limit=MAX_ENTRIES)
        return super().read(size)


class Archive:
    """The parts of one file by name. `pieces` may be asked once for each; their sizes add up to a limit for the whole file."""

    def __init__(self, data: bytes) -> None:
        self._data = memoryview(data)
        self._left = MAX_TOTAL
        self.entries = {info.filename: info for info in _directory(data)}

    def pieces(self, part: str) -> Iterator[bytes]:
        """The part's bytes, at most 64 KB at a time, counted as they are unpacked."""
        info = self.entries[part]
        size = crc = 0
        for piece in _unpacked(self._raw(info), part, info.compress_type):
            size += len(piece)
            self._left -= len(piece)
            self._measure(info, size)
            crc = zlib.crc32(piece, crc)
            yield piece
        if size != info.file_size or crc != info.CRC:
            raise _damaged(part)

    def _raw(self, info: zipfile.ZipInfo) -> memoryview:
        header = self._data[info.header_offset : info.header_offset + _LOCAL_HEADER.size]
        if len(header) < _LOCAL_HEADER.size:
            raise _damaged(info.filename)
        signature, flags, method, name_length, extra_length = _LOCAL_HEADER.unpack(header)
        name_at = info.header_offset + _LOCAL_HEADER.size
        name = bytes(self._data[name_at : name_at + name_length])
        start = name_at + name_length + extra_length
        raw = self._data[start : start + info.compress_size]
        # Two readers that trust different headers would see two different files.
        told_twice = (
            signature == b"PK\x03\x04"
            and name.decode("utf-8" if flags & _IS_UTF8 else "cp437", "replace") == info.orig_filename
            and method == info.compress_type
            and not flags & _IS_ENCRYPTED
            and len(raw) == info.compress_size
        )
        if not told_twice:
            raise _damaged(info.filename)
        return raw

    def _measure(self, info: zipfile.ZipInfo, size: int) -> None:
        if size > MAX_PART:
            raise RefusedFile(reason="too-large", detail="part-size", part=info.filename, limit=MAX_PART // 2**20)
        if self._left < 0:
            raise RefusedFile(reason="too-large", detail="total-size", limit=MAX_TOTAL // 2**20)
        if size > RATIO_FROM and size > MAX_RATIO * info.compress_size:
            raise RefusedFile(reason="too-large", detail="ratio", part=info.filename, limit=MAX_RATIO)


def _directory(data: bytes) -> list[zipfile.ZipInfo]:
    try:
        with zipfile.ZipFile(_Directory(data)) as opened:
            found = opened.infolist()
    except (zipfile.BadZipFile, struct.error, ValueError, NotImplementedError, OverflowError) as problem:
        raise RefusedFile(reason="corrupt", detail="archive") from problem
    if len(found) > MAX_ENTRIES:
        raise RefusedFile(reason="too-large", detail="entries", limit=MAX_ENTRIES)
    seen: set[str] = set()
    for info in found:
        name = info.orig_filename
        if _BAD_NAME.search(name):
            raise RefusedFile(reason="unsafe", detail="part-name", part=name)
        if name.lower() in seen:
            raise RefusedFile(reason="unsafe", detail="duplicate", part=name)
        if info.flag_bits & _IS_ENCRYPTED:
            raise RefusedFile(reason="unsafe", detail="encrypted", part=name)
        seen.add(name.lower())
    return found


def _unpacked(raw: memoryview, part: str, method: int) -> Iterator[bytes]:
    packed = (raw[start : start + PIECE] for start in range(0, len(raw), PIECE))
    if method == zipfile.ZIP_STORED:
        yield from map(bytes, packed)
    elif method == zipfile.ZIP_DEFLATED:
        yield from _inflated(packed, part)
    else:
        raise _damaged(part)


def _inflated(packed: Iterator[memoryview], part: str) -> Iterator[bytes]:
    inflator = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        for piece in packed:
            if inflator.eof:
                raise _damaged(part)
            rest: bytes | memoryview = piece
            while True:
                unpacked = inflator.decompress(rest, PIECE)
                rest = inflator.unconsumed_tail
                if unpacked:
                    yield unpacked
                # A full piece may have more behind it, though all input is taken.
                if not rest and len(unpacked) < PIECE:
                    break
    except zlib.error as problem:
        raise _damaged(part) from problem
    if not inflator.eof or inflator.unused_data:
        raise _damaged(part)


def _damaged(part: str) -> RefusedFile:
    return RefusedFile(reason="corrupt", detail="part", part=part)
