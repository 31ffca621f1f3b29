"""What a plug-in may do. A plug-in is a module or object with functions marked `@hookimpl`, found by the entry-point group `docstage`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pluggy

from engine.model import Delivery, Document, Revision

PROJECT = "docstage"
hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


@hookspec(firstresult=True)
def load_context(order: str) -> Mapping[str, Any] | None:
    """Return the order (by its number or id) with its client in docstage's JSON form, or None to leave it to others.

    Called before an order enters a stage and before a document is made by hand; what comes back is imported first, so the register has it.
    """
    return None


@hookspec
def template_filters() -> Mapping[str, Callable[..., Any]]:
    """Return filters by name for templates. A filter that takes `language` or `currency` is given the document's."""
    return {}


@hookspec
def document_stored(document: Document, revision: Revision) -> None:
    """A revision of a document is stored. Called at least once a revision: after a crash perhaps twice."""


@hookspec
def document_delivered(document: Document, delivery: Delivery) -> None:
    """A letter with the document has left. Called at least once a delivery."""
