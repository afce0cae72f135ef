"""The first tables. Nobody, the bot included, may change or delete a record of the audit log."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_Number = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_REFUSAL = "the audit log only grows"

_SQLITE_GUARDS = tuple(
    f"CREATE TRIGGER audit_no_{event.lower()} BEFORE {event} ON audit "
    f"BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END"
    for event in ("UPDATE", "DELETE")
)
_FUNCTION = f"""
    CREATE FUNCTION audit_only_grows() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION '{_REFUSAL}'; END $$
"""
_TRIGGER = """
    CREATE TRIGGER audit_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
    FOR EACH STATEMENT EXECUTE FUNCTION audit_only_grows()
"""
_POSTGRES_GUARDS = (_FUNCTION, _TRIGGER)


def upgrade() -> None:
    """Make everything."""
    _work()
    _doors()
    _audit()
    guards = _POSTGRES_GUARDS if op.get_context().dialect.name == "postgresql" else _SQLITE_GUARDS
    for guard in guards:
        op.execute(guard)


def _work() -> None:
    op.create_table(
        "requests",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("requester", sa.Text, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("due_at", sa.BigInteger),
        sa.Column("schema", sa.Integer, nullable=False),
        sa.Column("doc", sa.Text, nullable=False),
    )
    op.create_index("requests_created", "requests", ["created_at", "id"])
    op.create_index("requests_due", "requests", ["due_at"])
    op.create_table(
        "parts",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("request_id", sa.Text, sa.ForeignKey("requests.id"), nullable=False),
        sa.Column("idx", sa.Integer, nullable=False),
        sa.Column("lane", sa.Text, nullable=False),
        sa.Column("cluster", sa.Text, nullable=False),
        sa.Column("namespace", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("due_at", sa.BigInteger),
        sa.Column("schema", sa.Integer, nullable=False),
        sa.Column("doc", sa.Text, nullable=False),
    )
    op.create_index("parts_request", "parts", ["request_id", "idx"], unique=True)
    op.create_index("parts_lane", "parts", ["lane", "state"])
    op.create_index("parts_state", "parts", ["state"])
    op.create_table(
        "votes",
        sa.Column("n", _Number, primary_key=True, autoincrement=True),
        sa.Column("request_id", sa.Text, sa.ForeignKey("requests.id"), nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("voter", sa.Text, nullable=False),
        sa.Column("doc", sa.Text, nullable=False),
    )
    op.create_index("votes_one_each", "votes", ["request_id", "digest", "voter"], unique=True)
    _lanes()


def _lanes() -> None:
    free_at = sa.Computed("CASE WHEN owner = '' THEN due_at ELSE lease_until END", persisted=True)
    op.create_table(
        "lanes",
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("lease_until", sa.BigInteger),
        sa.Column("lease", sa.BigInteger, nullable=False),
        sa.Column("fence", sa.BigInteger, nullable=False),
        sa.Column("due_at", sa.BigInteger),
        sa.Column("free_at", sa.BigInteger, free_at),
        sa.Column("schema", sa.Integer, nullable=False),
        sa.Column("doc", sa.Text, nullable=False),
    )
    op.create_index("lanes_free", "lanes", ["free_at"])
    op.create_table(
        "contributions",
        sa.Column("n", _Number, primary_key=True, autoincrement=True),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("lane", sa.Text, nullable=False),
        sa.Column("part", sa.Text, nullable=False),
        sa.Column("doc", sa.Text, nullable=False),
    )
    op.create_index("contributions_id", "contributions", ["id"], unique=True)
    op.create_index("contributions_lane", "contributions", ["lane", "n"])


def _doors() -> None:
    op.create_table(
        "inbox",
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("payload", sa.LargeBinary, nullable=False),
        sa.Column("received_at", sa.BigInteger, nullable=False),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("next_at", sa.BigInteger),
        sa.Column("done_at", sa.BigInteger),
    )
    op.create_index("inbox_next", "inbox", ["next_at"])
    op.create_table(
        "outbox",
        sa.Column("id", _Number, primary_key=True, autoincrement=True),
        sa.Column("topic", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("request_id", sa.Text, nullable=False),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("next_at", sa.BigInteger, nullable=False),
        sa.Column("done_at", sa.BigInteger),
        sa.Column("doc", sa.Text, nullable=False),
    )
    waiting = sa.text("done_at IS NULL")
    op.create_index("outbox_next", "outbox", ["next_at"], sqlite_where=waiting, postgresql_where=waiting)
    op.create_index("outbox_topic", "outbox", ["topic", "id"], sqlite_where=waiting, postgresql_where=waiting)
    card = sa.text("kind = 'card' AND attempts = 0")
    op.create_index(
        "outbox_one_card", "outbox", ["request_id"], unique=True, sqlite_where=card, postgresql_where=card
    )
    op.create_table(
        "cards",
        sa.Column("request_id", sa.Text, primary_key=True),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("ts", sa.Text, nullable=False),
        sa.Column("painted", sa.Text, nullable=False),
    )


def _audit() -> None:
    op.create_table(
        "audit",
        sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("leaf", sa.LargeBinary, nullable=False),
    )
    head = op.create_table(
        "audit_head",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("n", sa.BigInteger, nullable=False),
        sa.Column("peaks", sa.LargeBinary, nullable=False),
        sa.CheckConstraint("id = 1", name="audit_head_one_row"),
    )
    op.bulk_insert(head, [{"id": 1, "n": 0, "peaks": b""}])
    op.create_table(
        "checkpoints",
        sa.Column("n", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "disclosures",
        sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("digest", sa.Text, primary_key=True),
        sa.Column("doc", sa.Text, nullable=False),
    )
    op.create_table(
        "blobs",
        sa.Column("hash", sa.Text, primary_key=True),
        sa.Column("bytes", sa.LargeBinary, nullable=False),
    )
