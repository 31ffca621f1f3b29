"""The plug-in manager: hooks of the packages that are installed beside docstage, loaded when a workspace opens, never on import."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pluggy

from engine import hookspecs


class Plugins:
    """The plug-ins of one engine. `with_installed` loads those that announce themselves by the entry-point group `docstage`."""

    def __init__(self, plugins: Iterable[object] = (), *, with_installed: bool = True) -> None:
        self._manager = pluggy.PluginManager(hookspecs.PROJECT)
        self._manager.add_hookspecs(hookspecs)
        if with_installed:
            self._manager.load_setuptools_entrypoints(hookspecs.PROJECT)
        for plugin in plugins:
            self._manager.register(plugin)

    @property
    def hook(self) -> Any:
        """Call a hook by its name with keyword arguments."""
        return self._manager.hook

    def filters(self) -> dict[str, Callable[..., Any]]:
        """The template filters of all plug-ins by name."""
        return {name: function for found in self.hook.template_filters() for name, function in found.items()}

    def names(self) -> tuple[str, ...]:
        """The names of the plug-ins at work."""
        return tuple(name for name, _ in self._manager.list_name_plugin())
