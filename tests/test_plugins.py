import sys
from pathlib import Path

import pytest

from engine import hookimpl
from engine.errors import PluginFailed
from engine.plugins import Plugins

EXAMPLE = Path(__file__).parent / "plugin_example"


def test_an_installed_plugin_is_found_by_its_entry_point(monkeypatch):
    monkeypatch.syspath_prepend(str(EXAMPLE))

    plugins = Plugins()

    assert "example" in plugins.names()
    assert plugins.filters()["spaced"]("так") == "т а к"


def test_plugins_are_not_loaded_where_the_workspace_forbids_it(monkeypatch):
    monkeypatch.syspath_prepend(str(EXAMPLE))
    monkeypatch.delitem(sys.modules, "docstage_example", raising=False)

    assert Plugins(with_installed=False).names() == ()
    assert "docstage_example" not in sys.modules


def test_what_a_plugin_raises_is_an_error_that_names_the_hook():
    class Broken:
        @hookimpl
        def load_context(self, order):
            return {}[order]

    with pytest.raises(PluginFailed) as caught:
        Plugins([Broken()], with_installed=False).call("load_context", order="1002")

    assert caught.value.facts["hook"] == "load_context"
    assert "KeyError" in caught.value.text("en")
