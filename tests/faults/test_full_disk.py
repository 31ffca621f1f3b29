import os
import shutil
import subprocess

import pytest

from tests.workspace import Workspace, docstage


@pytest.fixture
def small_disk(demo_master, tmp_path):
    """A demo workspace on a disk of 4 MB, and the file that fills what is left of it; needs root, as CI has it."""
    disk = tmp_path / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(disk)], check=True)
    yield Workspace(shutil.copytree(demo_master, disk / "w")), disk / "ballast"
    subprocess.run(["umount", str(disk)], check=True)


def fill_up(ballast, *, but: int) -> None:
    free = os.statvfs(ballast.parent).f_bavail * os.statvfs(ballast.parent).f_frsize
    ballast.write_bytes(b"\0" * (free - but))


@pytest.mark.parametrize("left", [0, 16_384, 131_072], ids=lambda left: f"{left // 1024}k left")
def test_a_full_disk_loses_no_number_and_leaves_no_torn_file(small_disk, left):
    """Whatever the disk has room for, the order's event ends in one invoice with the first number once there is room again."""
    workspace, ballast = small_disk
    fill_up(ballast, but=left)

    ran = workspace.run("order", "stage", "1002", "invoice_sent", "--event-id", "crm-1")

    assert (ran.returncode, "Traceback" in ran.stderr) == (3, False), ran.stderr
    assert "ballast" not in ran.stderr
    assert not list(workspace.folder.rglob("*.part"))
    ballast.unlink()
    again = workspace.json("order", "stage", "1002", "invoice_sent", "--event-id", "crm-1")["result"]
    [invoice] = again["documents"]
    assert (invoice["number"], invoice["status"], invoice["revision"]) == ("РХ-2026-0001", "sent", 1)
    assert workspace.json("document", "list")["result"]["total"] == 1
    assert workspace.json("search", "0001")["result"]["total"] == 1


def test_without_libreoffice_the_demo_still_makes_the_office_files(tmp_path):
    ran = docstage("demo", str(tmp_path / "shop"), "--lang", "uk", env={"PATH": str(tmp_path)})

    assert ran.returncode == 3
    assert "apt-get install" in ran.stderr
    assert [line.rsplit("/", 1)[1] for line in ran.stdout.splitlines()] == ["invoice.uk.docx", "contract.uk.docx", "act.uk.docx"]
