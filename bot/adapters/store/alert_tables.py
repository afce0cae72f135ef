"""The tables of alerts; see ``tables`` for what all tables have in common."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, Table, Text, text

from bot.adapters.store.tables import inbox, metadata

_Number = BigInteger().with_variant(Integer, "sqlite")

alert_groups = Table(
    "alert_groups",
    metadata,
    Column("id", Text, primary_key=True),
    Column("key", Text, nullable=False),
    Column("latest", Integer, nullable=False),
    Column("opened_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Column("rule", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("doc", Text, nullable=False),
    Index(
        "alert_groups_latest",
        "key",
        unique=True,
        sqlite_where=text("latest = 1"),
        postgresql_where=text("latest = 1"),
    ),
    Index("alert_groups_updated", "updated_at"),
    Index("alert_groups_rule", "rule", "source", "id"),
)

alerts = Table(
    "alerts",
    metadata,
    Column("id", Text, primary_key=True),
    Column("group_id", Text, ForeignKey("alert_groups.id"), nullable=False),
    Column("status", Text, nullable=False),
    Column("seen_at", BigInteger, nullable=False),
    Column("first_at", BigInteger, nullable=False),
    Column("fired_at", BigInteger),
    Column("over_at", BigInteger),
    Column("doc", Text, nullable=False),
    Index("alerts_group", "group_id", "seen_at"),
    Index("alerts_seen", "seen_at"),
)

alert_misfits = Table(
    "alert_misfits",
    metadata,
    Column("n", _Number, primary_key=True, autoincrement=True),
    Column("source", Text, nullable=False),
    Column("doc", Text, nullable=False),
    Index("alert_misfits_source", "source", "n"),
)

alert_sources = Table(
    "alert_sources",
    metadata,
    Column("source", Text, primary_key=True),
    Column("since", BigInteger, nullable=False),
    Column("heard_at", BigInteger),
)

Index(
    "inbox_waiting",
    inbox.c.kind,
    inbox.c.next_at,
    inbox.c.received_at,
    sqlite_where=text("next_at IS NOT NULL"),
    postgresql_where=text("next_at IS NOT NULL"),
)
