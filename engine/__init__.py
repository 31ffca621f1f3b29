"""docstage: fills office templates with order data, numbers, files, finds and sends the documents.

>>> from engine import open_engine
>>> with open_engine("docstage-demo") as engine:  # doctest: +SKIP
...     outcome = engine.stage_entered("1002", "invoice_sent", event_id="crm-17")
...     [document.number for document in outcome.documents]
['РХ-2026-0001']
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from engine.bootstrap import open_engine
    from engine.errors import EngineError
    from engine.hookspecs import hookimpl
    from engine.service import Engine

__version__ = "0.1.0"
__all__ = ["Engine", "EngineError", "__version__", "hookimpl", "open_engine"]

_HOMES = {
    "Engine": "engine.service",
    "EngineError": "engine.errors",
    "hookimpl": "engine.hookspecs",
    "open_engine": "engine.bootstrap",
}


def __getattr__(name: str) -> Any:
    """The public names, imported when asked for: `docstage -h` must not load the whole house."""
    if name not in _HOMES:
        raise AttributeError(f"module 'engine' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)
