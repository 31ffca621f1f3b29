import hashlib
import os
import time

import pytest

from engine.errors import CannotWrite, DiskFull, FileDamaged, NotFound
from engine.store.files import Files
from tests.disk import make_read_only, small_disk


def test_bytes_are_kept_under_their_hash_and_read_only(tmp_path):
    files = Files(tmp_path)

    sha256 = files.put(b"%PDF", ".pdf")

    assert sha256 == hashlib.sha256(b"%PDF").hexdigest()
    assert files.get(sha256, ".pdf") == b"%PDF"
    assert files.path(sha256, ".pdf").stat().st_mode & 0o777 == 0o444


def test_the_same_bytes_again_write_nothing(tmp_path):
    files = Files(tmp_path)
    before = files.path(files.put(b"%PDF", ".pdf"), ".pdf").stat()

    after = files.path(files.put(b"%PDF", ".pdf"), ".pdf").stat()

    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_a_file_that_was_altered_or_deleted_is_noticed(tmp_path):
    files = Files(tmp_path)
    sha256 = files.put(b"%PDF", ".pdf")
    files.path(sha256, ".pdf").chmod(0o644)
    files.path(sha256, ".pdf").write_bytes(b"%PDX")

    with pytest.raises(FileDamaged, match="changed or damaged"):
        files.get(sha256, ".pdf")
    files.path(sha256, ".pdf").unlink()
    with pytest.raises(NotFound):
        files.get(sha256, ".pdf")


@pytest.fixture
def tiny_disk(tmp_path):
    with small_disk(tmp_path / "disk", "256k") as disk:
        yield disk


def test_a_full_disk_says_so_and_leaves_no_torn_file(tiny_disk):
    files = Files(tiny_disk)
    kept = files.put(b"kept" * 1000)

    with pytest.raises(DiskFull):
        files.put(os.urandom(1_000_000))

    assert files.get(kept) == b"kept" * 1000
    assert [path.name for path in tiny_disk.rglob("*") if path.is_file()] == [kept[2:]]
    assert files.get(files.put(b"after" * 10)) == b"after" * 10


def test_a_disk_that_may_not_be_written_says_so(tiny_disk):
    make_read_only(tiny_disk)

    with pytest.raises(CannotWrite, match="Read-only"):
        Files(tiny_disk).put(b"%PDF", ".pdf")


def test_a_file_cut_short_is_put_whole_again(tmp_path):
    files = Files(tmp_path)
    path = files.path(files.put(b"%PDF", ".pdf"), ".pdf")
    path.chmod(0o644)
    path.write_bytes(b"%P")

    files.put(b"%PDF", ".pdf")

    assert path.read_bytes() == b"%PDF"


def test_what_a_killed_program_left_goes_and_what_another_is_writing_stays(tmp_path):
    files = Files(tmp_path)
    path = files.path(files.put(b"%PDF", ".pdf"), ".pdf")
    old, new = path.parent / ".old.part", path.parent / ".new.part"
    old.touch()
    new.touch()
    os.utime(old, (time.time() - 7200,) * 2)
    path.unlink()

    files.put(b"%PDF", ".pdf")

    assert {part.name for part in path.parent.iterdir()} == {new.name, path.name}
