import hashlib
import os
import subprocess

import pytest

from engine.errors import CannotWrite, DiskFull, NotFound
from engine.store.files import Files


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

    with pytest.raises(CannotWrite):
        files.get(sha256, ".pdf")
    files.path(sha256, ".pdf").unlink()
    with pytest.raises(NotFound):
        files.get(sha256, ".pdf")


@pytest.fixture
def tiny_disk(tmp_path):
    """A disk of 256 KB; needs root, as CI has it."""
    folder = tmp_path / "disk"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(folder)], check=True)
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_says_so_and_leaves_no_torn_file(tiny_disk):
    files = Files(tiny_disk)
    kept = files.put(b"kept" * 1000)

    with pytest.raises(DiskFull):
        files.put(os.urandom(1_000_000))

    assert files.get(kept) == b"kept" * 1000
    assert [path.name for path in tiny_disk.rglob("*") if path.is_file()] == [kept[2:]]
    assert files.get(files.put(b"after" * 10)) == b"after" * 10
