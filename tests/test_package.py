"""The wheel that people install: it carries all it needs, and works in an environment and a folder of its own."""

import json
import os
import subprocess
import sys
import sysconfig
from pathlib import Path
from zipfile import ZipFile

import pytest

from tests.workspace import CLEAN, ROOT

SHIPPED = {path.name for path in (ROOT / "templates" / "office").iterdir() if not path.name.startswith(".")}


def finished(*command, folder):
    """What `command` printed, run in `folder` by a user who has nothing of this checkout on the path."""
    hidden = CLEAN | {"PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV"}
    environment = {name: value for name, value in os.environ.items() if name not in hidden} | {"LC_ALL": "C.UTF-8"}
    ran = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=300)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("dist")
    finished(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT), folder=folder)
    [made] = folder.glob("*.whl")
    return made


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """The bin folder of a new environment that has the wheel.

    Its dependencies come from the environment of the tests by a .pth file: Python reads no .pth file inside a folder reached
    that way, so the one that puts this checkout on the path stays without effect.
    """
    home = tmp_path_factory.mktemp("elsewhere") / "environment"
    finished(sys.executable, "-m", "venv", "--without-pip", str(home), folder=home.parent)
    python = home / "bin" / "python"
    finished(
        sys.executable, "-m", "pip", "--python", str(python), "install", "-q", "--no-deps", "--no-index", str(wheel), folder=home.parent
    )
    [packages] = home.glob("lib/python*/site-packages")
    (packages / "dependencies.pth").write_text(f"{sysconfig.get_path('purelib')}\n", "utf-8")
    return python.parent


def test_the_wheel_holds_the_application_and_nothing_else(wheel):
    names = ZipFile(wheel).namelist()

    inside, metadata = set(), set()
    for name in names:
        (metadata if ".dist-info/" in name else inside).add(name)
    assert {name.split("/")[0] for name in inside} == {"engine", "index", "cli.py"}
    assert {Path(name).name for name in inside if name.startswith("engine/office/")} == SHIPPED
    assert {name.split("/", 1)[1] for name in metadata} >= {"entry_points.txt", "licenses/LICENSE"}
    assert [name for name in names if name.endswith((".pyc", "~")) or "__pycache__" in name] == []


def test_every_file_that_git_keeps_of_the_application_is_in_the_wheel(wheel):
    listed = subprocess.run(["git", "ls-files", "engine", "index", "cli.py"], cwd=ROOT, capture_output=True, text=True, check=True)

    assert set(listed.stdout.split()) - set(ZipFile(wheel).namelist()) == set()


def test_the_installed_names_are_those_of_docstage_alone(installed, tmp_path):
    ask = (
        "import cli, engine, index, json; from importlib.metadata import packages_distributions as owners; "
        "from engine.catalogue import shipped; "
        "print(json.dumps({'files': [cli.__file__, engine.__file__, index.__file__, str(shipped())],"
        " 'owners': [owners()[name] for name in ('cli', 'engine', 'index')],"
        " 'templates': [path.name for path in shipped().iterdir()]}))"
    )

    told = json.loads(finished(str(installed / "python"), "-c", ask, folder=tmp_path))

    home = str(installed.parent)
    assert [path for path in told["files"] if not path.startswith(home)] == []
    assert [set(owners) for owners in told["owners"]] == [{"docstage"}] * 3
    assert set(told["templates"]) == SHIPPED


def test_the_installed_command_makes_the_documents_of_the_demo(installed, tmp_path):
    from engine import __version__

    version = finished(str(installed / "docstage"), "--version", folder=tmp_path)
    told = json.loads(finished(str(installed / "docstage"), "demo", "--json", folder=tmp_path))

    assert version.split()[-1] == __version__
    made = [document["number"] for document in told["result"]["documents"]]
    papers = [Path(path) for path in told["result"]["files"] if path.endswith(".pdf")]
    assert len(made) == len(papers) == 3
    for paper in papers:
        assert paper.is_relative_to(tmp_path / "docstage-demo")
        text = finished("pdftotext", str(paper), "-", folder=tmp_path)
        assert any(number in text for number in made)
