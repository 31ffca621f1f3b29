"""Each revision keeps when it was sent; until here only the last one sent was known."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """The marks in a table of their own: revisions themselves never change."""
    op.create_table(
        "sendings",
        sa.Column("document_id", sa.String(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("sent", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["document_id", "revision"],
            ["revisions.document_id", "revisions.revision"],
            name=op.f("fk_sendings_document_id_revisions"),
        ),
        sa.PrimaryKeyConstraint("document_id", "revision", name=op.f("pk_sendings")),
    )
    op.execute(
        "INSERT INTO sendings (document_id, revision, sent) SELECT id, sent_revision, sent FROM documents "
        "WHERE sent IS NOT NULL AND sent_revision IS NOT NULL"
    )
    # Not by batch mode: it would copy the table, and dropping the old one breaks the rows that refer to it.
    op.execute("ALTER TABLE documents DROP COLUMN sent_revision")
