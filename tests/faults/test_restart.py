import signal
import subprocess
import sys
from pathlib import Path

import pytest

from engine.model import Status
from engine.pipeline import STEPS
from index.extract import pdf_pages

KILLED = Path(__file__).with_name("killed.py")
NAMES = [step.__name__ for _, step in STEPS]


@pytest.mark.parametrize("position", range(len(STEPS)), ids=NAMES)
def test_a_kill_after_any_step_leaves_one_number_and_one_document(demo, position):
    """The operator's machine loses power after a step; the same event afterwards ends with the same number, once."""
    command = [sys.executable, str(KILLED), str(demo.folder), str(position), "1005", "invoice_sent", "crm-5"]
    ended = subprocess.run(command, check=False, timeout=120)
    assert ended.returncode == -signal.SIGKILL

    with demo.engine() as engine:
        outcome = engine.stage_entered("1005", "invoice_sent", event_id="crm-5")

        [invoice] = engine.documents()
        assert [document.id for document in outcome.documents] == [invoice.id]
        assert (invoice.status, invoice.revision) == (Status.SENT, 1)
        [revision] = engine.revisions(invoice.id)
        assert invoice.number in " ".join(pdf_pages(engine.paths(revision)["pdf"].read_bytes()))
        assert engine.search(invoice.number).total == 1
        assert len(list((demo.folder / "outbox").iterdir())) == 1
        assert engine.unfinished() == ()
        [following] = engine.plan("1006", "invoice_sent")
        assert following.number.endswith("-0002") or following.entity != invoice.entity_name


def test_doctor_finishes_what_was_cut_short(demo):
    numbered = NAMES.index("number")
    command = [sys.executable, str(KILLED), str(demo.folder), str(numbered), "1005", "invoice_sent", "crm-5"]
    subprocess.run(command, check=False, timeout=120)
    assert "unfinished" in demo.run("document", "list", "--json").stdout

    fixed = demo.run("doctor", "--fix", "--json")

    assert fixed.returncode == 0, fixed.stdout
    [document] = demo.json("document", "list")["result"]["documents"]
    assert (document["revision"], Path(document["files"]["pdf"]).exists()) == (1, True)
