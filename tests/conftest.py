"""A demo workspace for each test that asks for one: made once, then copied."""

import shutil

import pytest

from engine.bootstrap import create_workspace
from tests.workspace import Workspace

# Looking into the example plug-in would put its folder on the path, and every engine in these tests would load it.
collect_ignore = ["plugin_example"]


@pytest.fixture(scope="session")
def demo_master(tmp_path_factory):
    return create_workspace(tmp_path_factory.mktemp("master") / "demo", language="uk", is_demo=True)


@pytest.fixture
def demo(demo_master, tmp_path):
    """A fresh demo workspace of the test's own."""
    return Workspace(shutil.copytree(demo_master, tmp_path / "demo"))


@pytest.fixture(scope="module")
def pdf_of():
    """A function from a Word or Excel file's bytes to its PDF's, by one LibreOffice for the tests of a module.

    It ends with the module: the renderer's own tests count this process's children.
    """
    from engine.render.pool import Pool

    pool = Pool()
    yield lambda office, suffix=".docx": pool.pdf(office, suffix, name=f"test{suffix}").data
    pool.close()
