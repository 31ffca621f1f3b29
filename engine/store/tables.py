"""The register's tables. Money is whole minor units, a time is UTC, a record is JSON beside the columns that lists filter by.

A change here needs a migration in `migrations/versions/`.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Dialect,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    TypeDecorator,
    UniqueConstraint,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class Moment(TypeDecorator[datetime]):
    """A time that goes in aware and comes out aware, in UTC; SQLite itself keeps no zones."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002  # SQLAlchemy passes it
        if value is not None and value.tzinfo is None:
            raise ValueError("a time without a zone")
        return value and value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002  # SQLAlchemy passes it
        return value and value.replace(tzinfo=UTC)


def _text(name: str, **settings: Any) -> Column[str]:
    return Column(name, String, nullable=False, server_default="", **settings)


entities = Table("entities", metadata, Column("id", String, primary_key=True), _text("search"), Column("data", JSON, nullable=False))

clients = Table(
    "clients",
    metadata,
    Column("id", String, primary_key=True),
    _text("name", index=True),
    _text("search"),
    Column("data", JSON, nullable=False),
)

processes = Table("processes", metadata, Column("slug", String, primary_key=True), Column("data", JSON, nullable=False))

rules = Table(
    "rules",
    metadata,
    Column("id", String, primary_key=True),
    Column("position", Integer, nullable=False),
    _text("process"),
    _text("stage"),
    Column("data", JSON, nullable=False),
)

orders = Table(
    "orders",
    metadata,
    Column("id", String, primary_key=True),
    _text("number", index=True),
    Column("date", Date, nullable=False),
    _text("process"),
    _text("stage"),
    _text("client_id", index=True),
    Column("data", JSON, nullable=False),
)

events = Table(
    "events",
    metadata,
    Column("id", String, primary_key=True),
    _text("order_id"),
    _text("stage"),
    _text("author"),
    Column("at", Moment, nullable=False),
    Index("ix_events_order_id_stage", "order_id", "stage"),
)

jobs = Table(
    "jobs",
    metadata,
    Column("id", String, primary_key=True),
    Column("key", String, nullable=False, unique=True),
    _text("event_id", index=True),
    Column("state", String, nullable=False, index=True),
    Column("token", Integer, nullable=False),
    Column("attempts", Integer, nullable=False),
    _text("owner"),
    Column("lease_until", Moment),
    Column("created", Moment, nullable=False),
    Column("data", JSON, nullable=False),
)

series = Table(
    "series",
    metadata,
    Column("id", Integer, primary_key=True),
    _text("kind"),
    _text("entity_id"),
    _text("pattern"),
    _text("period"),
    Column("next", BigInteger, nullable=False),
    UniqueConstraint("kind", "entity_id", "pattern", "period"),
)

documents = Table(
    "documents",
    metadata,
    Column("id", String, primary_key=True),
    _text("number"),
    _text("number_search", index=True),
    Column("series_id", ForeignKey("series.id")),
    Column("ordinal", BigInteger),
    _text("kind", index=True),
    _text("name"),
    _text("name_search"),
    _text("language"),
    Column("date", Date, nullable=False),
    _text("direction"),
    _text("status", index=True),
    _text("author"),
    _text("author_search"),
    _text("entity_id", index=True),
    _text("entity_name"),
    _text("entity_search"),
    _text("client_id", index=True),
    _text("client_name"),
    _text("client_search"),
    _text("order_id", index=True),
    _text("order_number", index=True),
    _text("process"),
    _text("stage"),
    Column("amount_minor", BigInteger, nullable=False),
    _text("currency"),
    _text("template_id"),
    _text("template_version"),
    Column("revision", Integer, nullable=False),
    Column("created", Moment, nullable=False, index=True),
    Column("sent", Moment),
    Column("received", Moment),
    Column("is_indexed", Boolean, nullable=False, index=True),
    UniqueConstraint("series_id", "ordinal"),
)

revisions = Table(
    "revisions",
    metadata,
    Column("document_id", ForeignKey("documents.id"), primary_key=True),
    Column("revision", Integer, primary_key=True),
    Column("created", Moment, nullable=False),
    _text("author"),
    _text("reason"),
    _text("template_id"),
    _text("template_version"),
    Column("case_data", JSON, nullable=False),
)

renditions = Table(
    "renditions",
    metadata,
    Column("document_id", ForeignKey("documents.id"), primary_key=True),
    Column("revision", Integer, primary_key=True),
    Column("suffix", String, primary_key=True),
    _text("sha256", index=True),
    Column("size", BigInteger, nullable=False),
    Column("pages", Integer, nullable=False),
    _text("renderer"),
)

sendings = Table(
    "sendings",
    metadata,
    Column("document_id", String, primary_key=True),
    Column("revision", Integer, primary_key=True),
    Column("sent", Moment, nullable=False),
    ForeignKeyConstraint(["document_id", "revision"], ["revisions.document_id", "revisions.revision"]),
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", String, primary_key=True),
    Column("key", String, nullable=False, unique=True),
    Column("document_id", ForeignKey("documents.id"), nullable=False, index=True),
    Column("revision", Integer, nullable=False),
    _text("channel"),
    _text("recipient"),
    _text("state"),
    Column("created", Moment, nullable=False),
    _text("message_id"),
    _text("path"),
    _text("error"),
)
