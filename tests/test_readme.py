"""What the README says is what happens: its commands run in order, its Python runs, its links lead somewhere."""

import json
import re
import subprocess
import sys

import pytest

from tests.workspace import ROOT, docstage

README = (ROOT / "README.md").read_text("utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def walked(tmp_path_factory):
    """The README's first five minutes, walked: the folder, and what each command printed."""
    import shlex

    folder = tmp_path_factory.mktemp("readme")
    (folder / "orders.json").write_text(blocks("json")[0], "utf-8")
    here, printed = folder, {}
    for line in "".join(blocks("sh")).splitlines():
        name, *arguments = shlex.split(line)
        if name == "cd":
            here = here / arguments[0]
            (here / "orders.json").write_text(blocks("json")[0], "utf-8")
        elif name == "docstage":
            ran = docstage(*arguments, cwd=here)
            assert ran.returncode == 0, (line, ran.stderr)
            printed.setdefault(line, []).append(ran)
        else:
            subprocess.run([name, *arguments], cwd=here, check=True)
    return here, printed


def test_every_command_of_the_first_five_minutes_works(walked):
    _, printed = walked

    assert len(printed) >= 17
    first, again = printed["docstage order stage 1002 invoice_sent --event-id crm-17"]
    assert first.stdout == again.stdout
    assert "crm-17" in again.stderr


def test_the_edit_makes_the_total_that_two_more_units_cost(walked):
    folder, _ = walked
    versions = json.loads(docstage("document", "versions", "РХ-2026-0001", "--json", cwd=folder).stdout)["result"]["revisions"]

    texts = [
        subprocess.run(["pdftotext", part["files"]["pdf"], "-"], capture_output=True, text=True, check=True).stdout for part in versions
    ]
    assert ["3 637,98" in text.replace("\u00a0", " ") for text in texts] == [True, False]
    assert ["4 437,98" in text.replace("\u00a0", " ") for text in texts] == [False, True]


@pytest.mark.parametrize("query", ['docstage search "карпатська кава"', "docstage search 0001", 'docstage search "2 000"'])
def test_the_searches_find_the_invoice(walked, query):
    _, printed = walked

    assert "РХ-2026-0001" in printed[query][0].stdout


def test_the_python_of_the_readme_runs(walked):
    folder, _ = walked
    [code] = blocks("python")

    ran = subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder.parent,
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"},
    )

    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.split()[0] == "H-INV-2026-0001"


def test_links_and_pictures_lead_somewhere():
    for page in [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]:
        for target in re.findall(r"\]\(([^)#]+)", page.read_text("utf-8")):
            if "://" not in target:
                assert (page.parent / target).exists(), (page.name, target)
