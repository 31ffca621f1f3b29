"""The plug-in manager: hooks of the packages that are installed beside docstage, loaded when a workspace opens, never on import."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pluggy

from engine import hookspecs
from engine.errors import EngineError, PluginFailed


class Plugins:
    """The plug-ins of one engine. `with_installed` loads those that announce themselves by the entry-point group `docstage`."""

    def __init__(self, plugins: Iterable[object] = (), *, with_installed: bool = True) -> None:
        self._manager = pluggy.PluginManager(hookspecs.PROJECT)
        self._manager.add_hookspecs(hookspecs)
        if with_installed:
            self._manager.load_setuptools_entrypoints(hookspecs.PROJECT)
        for plugin in plugins:
            self._manager.register(plugin)

    def call(self, hook: str, **arguments: Any) -> Any:
        """What the plug-ins answer to `hook`. Whatever one of them raises comes out as PluginFailed with its words."""
        try:
            return getattr(self._manager.hook, hook)(**arguments)
        except EngineError:
            raise
        except Exception as error:  # a plug-in is foreign code: anything can come out of it
            raise PluginFailed(hook=hook, reason=f"{type(error).__name__}: {error}.") from error

    def filters(self) -> dict[str, Callable[..., Any]]:
        """The template filters of all plug-ins by name."""
        return {name: function for found in self.call("template_filters") for name, function in found.items()}

    def names(self) -> tuple[str, ...]:
        """The names of the plug-ins at work."""
        return tuple(name for name, _ in self._manager.list_name_plugin())
