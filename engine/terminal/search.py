"""docstage search and docstage index …"""

from __future__ import annotations

import sys
from html import unescape
from typing import Any

import click

from engine.model import Direction, Status
from engine.service import shapes
from engine.terminal.command import command, group, option
from engine.terminal.language import t
from engine.terminal.session import Session
from engine.terminal.values import parse_day

index = group("index")


@command(None, "search")
@click.argument("query", nargs=-1, required=True)
@option("--type", "kind", default="", metavar="KIND")
@option("--client", default="")
@option("--entity", default="")
@option("--order", default="")
@option("--author", default="")
@option("--direction", type=click.Choice([str(part) for part in Direction]))
@option("--status", type=click.Choice([str(part) for part in Status]))
@option("--since", "date_from", type=parse_day, metavar="DATE")
@option("--until", "date_to", type=parse_day, metavar="DATE")
@option("--limit", type=click.IntRange(1), default=20)
@option("--offset", type=click.IntRange(0), default=0)
def search(session: Session, query: tuple[str, ...], limit: int, offset: int, **filters: Any) -> None:
    with session.engine() as engine:
        found = engine.search(" ".join(query), {name: value for name, value in filters.items() if value}, limit=limit, offset=offset)
    items = [shapes.hit(hit) for hit in found.hits]
    result = {
        "query": found.query,
        "read_as": found.read_as,
        "total": found.total,
        "hits": items,
        "facets": shapes.plain(found.facets),
        "did_you_mean": found.did_you_mean,
    }
    rows = [(hit.number, hit.date, hit.client, hit.page, _shown(session, hit.snippet)) for hit in found.hits]
    session.table(result, rows=rows, heads=[t(f"head.{name}") for name in ("number", "date", "client", "page", "snippet")], items=items)
    session.say("terminal.found", total=found.total, read_as=found.read_as)
    if found.did_you_mean:
        session.say("terminal.did-you-mean", query=found.did_you_mean)


@command(index, "index.status")
def status(session: Session) -> None:
    with session.engine() as engine:
        found = engine.index_status()
    result = {name: getattr(found, name) for name in ("documents", "segments", "bytes", "schema_version")}
    session.result(result, [t("terminal.index-status", **result)])


@command(index, "index.verify")
def verify(session: Session) -> None:
    with session.engine() as engine:
        found = engine.index_verify()
    result = {
        "ok": found.ok,
        "documents": found.documents,
        **{name: list(getattr(found, name)) for name in ("missing", "surplus", "stale")},
    }
    session.exit_status = 0 if found.ok else 1
    counts = {name: len(getattr(found, name)) for name in ("missing", "surplus", "stale")}
    session.result(result, [t("terminal.index-right" if found.ok else "terminal.index-wrong", documents=found.documents, **counts)])


@command(index, "index.rebuild")
def rebuild(session: Session) -> None:
    with session.engine() as engine:
        documents = engine.index_rebuild()
    session.result({"documents": documents}, [t("terminal.index-rebuilt", documents=documents)])


def _shown(session: Session, snippet: str) -> str:
    """The snippet as a terminal shows it: the hit in brackets where there are no colours."""
    snippet = snippet.replace("<mark>", "\x02").replace("</mark>", "\x03")
    snippet = unescape(snippet).replace("\x02", "<mark>").replace("\x03", "</mark>")
    if session.has_colours(sys.stdout):
        return snippet.replace("<mark>", "»").replace("</mark>", "«")
    return snippet.replace("<mark>", "[").replace("</mark>", "]")
