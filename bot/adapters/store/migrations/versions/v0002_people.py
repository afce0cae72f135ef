"""What people touch: incidents, reviews, frozen accounts, handovers, evidence, opened homes, anchors; self-tests; alerts."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make everything."""
    _requests()
    _people()
    _evidence()
    _anchors()
    _self_tests()
    _alerts()
    _suggestions()


def _requests() -> None:
    op.add_column("requests", sa.Column("incident", sa.Text, nullable=False, server_default=sa.text("''")))
    op.add_column("requests", sa.Column("review", sa.Text, nullable=False, server_default=sa.text("''")))
    op.add_column("requests", sa.Column("holder", sa.Text, nullable=False, server_default=sa.text("''")))
    op.add_column("requests", sa.Column("alerts", sa.Text, nullable=False, server_default=sa.text("''")))
    op.add_column("requests", sa.Column("playbook", sa.Text, nullable=False, server_default=sa.text("''")))
    op.add_column("requests", sa.Column("released_at", sa.BigInteger))
    op.execute("UPDATE requests SET holder = requester")
    op.create_index("requests_holder", "requests", ["holder", "created_at"])
    op.add_column("parts", sa.Column("approved_at", sa.BigInteger))
    op.add_column("parts", sa.Column("pods", sa.Integer, nullable=False, server_default=sa.text("1")))
    op.create_index("parts_approved", "parts", ["approved_at"])
    op.create_index("requests_incident", "requests", ["incident"])
    op.create_index("requests_alerts", "requests", ["alerts"])
    op.create_index("requests_playbook", "requests", ["playbook", "created_at"])
    open_ones = sa.text("review = 'open'")
    op.create_index(
        "requests_review", "requests", ["review"], sqlite_where=open_ones, postgresql_where=open_ones
    )
    op.create_table(
        "incidents",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("schema", sa.Integer, nullable=False),
        sa.Column("doc", sa.Text, nullable=False),
    )
    op.create_index("incidents_state", "incidents", ["state", "created_at"])


def _people() -> None:
    op.add_column("votes", sa.Column("receipt", sa.Text, nullable=False, server_default=sa.text("''")))
    op.create_index("votes_receipt", "votes", ["receipt"])
    op.create_table(
        "frozen_accounts",
        sa.Column("principal", sa.Text, primary_key=True),
        sa.Column("frozen_at", sa.BigInteger, nullable=False),
        sa.Column("doc", sa.Text, nullable=False),
    )
    op.create_table(
        "handovers",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("giver", sa.Text, nullable=False),
        sa.Column("taker", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("doc", sa.Text, nullable=False),
    )
    op.create_index("handovers_taker", "handovers", ["taker", "state"])
    op.create_index("handovers_giver", "handovers", ["giver", "state"])
    op.create_table(
        "homes",
        sa.Column("principal", sa.Text, primary_key=True),
        sa.Column("opened_at", sa.BigInteger, nullable=False),
        sa.Column("painted", sa.Text, nullable=False),
    )


def _evidence() -> None:
    op.create_table(
        "evidence",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("request_id", sa.Text, sa.ForeignKey("requests.id"), nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("due_at", sa.BigInteger),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("doc", sa.Text, nullable=False),
    )
    op.create_index("evidence_request", "evidence", ["request_id", "created_at"])
    op.create_index("evidence_due", "evidence", ["due_at"])
    op.create_table(
        "evidence_contents",
        sa.Column("place", sa.Text, primary_key=True),
        sa.Column("idx", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("bytes", sa.LargeBinary, nullable=False),
    )


def _anchors() -> None:
    op.create_table(
        "anchors",
        sa.Column("n", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("place", sa.Text, primary_key=True),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("doc", sa.Text, nullable=False),
    )


def _self_tests() -> None:
    op.create_table(
        "self_tests",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("cluster", sa.Text, nullable=False),
        sa.Column("due_at", sa.BigInteger),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("doc", sa.Text, nullable=False),
    )
    op.create_index("self_tests_cluster", "self_tests", ["cluster", "created_at"])
    op.create_index("self_tests_due", "self_tests", ["due_at"])
    standing = sa.text("due_at IS NOT NULL")
    op.create_index(
        "self_tests_one_each",
        "self_tests",
        ["cluster"],
        unique=True,
        sqlite_where=standing,
        postgresql_where=standing,
    )


def _alerts() -> None:
    op.create_table(
        "alert_groups",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("latest", sa.Integer, nullable=False),
        sa.Column("opened_at", sa.BigInteger, nullable=False),
        sa.Column("updated_at", sa.BigInteger, nullable=False),
        sa.Column("rule", sa.Text, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("doc", sa.Text, nullable=False),
    )
    latest = sa.text("latest = 1")
    op.create_index(
        "alert_groups_latest",
        "alert_groups",
        ["key"],
        unique=True,
        sqlite_where=latest,
        postgresql_where=latest,
    )
    op.create_index("alert_groups_updated", "alert_groups", ["updated_at"])
    op.create_index("alert_groups_rule", "alert_groups", ["rule", "source", "id"])
    op.create_table(
        "alerts",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("group_id", sa.Text, sa.ForeignKey("alert_groups.id"), nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("seen_at", sa.BigInteger, nullable=False),
        sa.Column("first_at", sa.BigInteger, nullable=False),
        sa.Column("fired_at", sa.BigInteger),
        sa.Column("over_at", sa.BigInteger),
        sa.Column("doc", sa.Text, nullable=False),
    )
    op.create_index("alerts_group", "alerts", ["group_id", "seen_at"])
    op.create_index("alerts_seen", "alerts", ["seen_at"])
    number = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    op.create_table(
        "alert_misfits",
        sa.Column("n", number, primary_key=True, autoincrement=True),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("doc", sa.Text, nullable=False),
    )
    op.create_index("alert_misfits_source", "alert_misfits", ["source", "n"])
    op.create_table(
        "alert_sources",
        sa.Column("source", sa.Text, primary_key=True),
        sa.Column("since", sa.BigInteger, nullable=False),
        sa.Column("heard_at", sa.BigInteger),
    )
    waiting = sa.text("next_at IS NOT NULL")
    by_kind = ["kind", "next_at", "received_at"]
    op.create_index("inbox_waiting", "inbox", by_kind, sqlite_where=waiting, postgresql_where=waiting)


def _suggestions() -> None:
    group = sa.ForeignKey("alert_groups.id")
    due = sa.text("due_at IS NOT NULL")
    op.create_table(
        "alert_looks",
        sa.Column("group_id", sa.Text, group, primary_key=True),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("due_at", sa.BigInteger),
        sa.Column("urgency", sa.Integer, nullable=False),
        sa.Column("doc", sa.Text, nullable=False),
    )
    served = ["source", "urgency", "due_at", "group_id"]
    op.create_index("alert_looks_due", "alert_looks", served, sqlite_where=due, postgresql_where=due)
    op.create_table(
        "alert_look_turns",
        sa.Column("source", sa.Text, primary_key=True),
        sa.Column("n", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "suggestions",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("group_id", sa.Text, sa.ForeignKey("alert_groups.id"), nullable=False),
        sa.Column("doc", sa.Text, nullable=False),
    )
    op.create_index("suggestions_group", "suggestions", ["group_id", "id"])
    op.create_table(
        "alert_mutes",
        sa.Column("rule", sa.Text, primary_key=True),
        sa.Column("source", sa.Text, primary_key=True),
        sa.Column("until", sa.BigInteger, nullable=False),
        sa.Column("doc", sa.Text, nullable=False),
    )
    op.create_index("alert_mutes_until", "alert_mutes", ["until"])
    op.drop_index("outbox_next", "outbox")
    for name, kind in (("outbox_due", "kind != 'board'"), ("outbox_boards", "kind = 'board'")):
        one = sa.text(f"done_at IS NULL AND {kind}")
        op.create_index(name, "outbox", ["next_at", "id"], sqlite_where=one, postgresql_where=one)
    waiting = sa.text("kind = 'board' AND attempts = 0")
    op.create_index(
        "outbox_one_board",
        "outbox",
        ["topic"],
        unique=True,
        sqlite_where=waiting,
        postgresql_where=waiting,
    )
