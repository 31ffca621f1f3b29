"""A plug-in as a CRM's developer writes it: orders come from the CRM, documents are reported back to it."""

import json
import os
from pathlib import Path

from engine import hookimpl

CRM = Path(os.environ.get("EXAMPLE_CRM", "crm"))


@hookimpl
def load_context(order):
    """The CRM's order by its number, with its client, in docstage's JSON form."""
    file = CRM / f"order-{order}.json"
    return json.loads(file.read_text("utf-8")) if file.exists() else None


@hookimpl
def template_filters():
    return {"spaced": lambda value: " ".join(str(value))}


@hookimpl
def document_stored(document, revision):
    with (CRM / "stored.txt").open("a", encoding="utf-8") as file:
        file.write(f"{document.number} {revision.revision}\n")


@hookimpl
def document_delivered(document, delivery):
    with (CRM / "delivered.txt").open("a", encoding="utf-8") as file:
        file.write(f"{document.number} {delivery.recipient}\n")
