"""The tables of suggestions; see ``tables`` for what all tables have in common."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, Table, Text, text

from bot.adapters.store.tables import metadata, outbox

looks = Table(
    "alert_looks",
    metadata,
    Column("group_id", Text, ForeignKey("alert_groups.id"), primary_key=True),
    Column("source", Text, nullable=False),
    Column("due_at", BigInteger),
    Column("urgency", Integer, nullable=False),
    Column("doc", Text, nullable=False),
    Index(
        "alert_looks_due",
        "source",
        "urgency",
        "due_at",
        "group_id",
        sqlite_where=text("due_at IS NOT NULL"),
        postgresql_where=text("due_at IS NOT NULL"),
    ),
)

# The higher the number, the later a group of the source was looked at last.
look_turns = Table(
    "alert_look_turns",
    metadata,
    Column("source", Text, primary_key=True),
    Column("n", BigInteger, nullable=False),
)

suggestions = Table(
    "suggestions",
    metadata,
    Column("id", Text, primary_key=True),
    Column("group_id", Text, ForeignKey("alert_groups.id"), nullable=False),
    Column("doc", Text, nullable=False),
    Index("suggestions_group", "group_id", "id"),
)

mutes = Table(
    "alert_mutes",
    metadata,
    Column("rule", Text, primary_key=True),
    Column("source", Text, primary_key=True),
    Column("until", BigInteger, nullable=False),
    Column("doc", Text, nullable=False),
    Index("alert_mutes_until", "until"),
)

for _name, _which in (("outbox_due", "kind != 'board'"), ("outbox_boards", "kind = 'board'")):
    Index(
        _name,
        outbox.c.next_at,
        outbox.c.id,
        sqlite_where=text(f"done_at IS NULL AND {_which}"),
        postgresql_where=text(f"done_at IS NULL AND {_which}"),
    )

Index(
    "outbox_one_board",
    outbox.c.topic,
    unique=True,
    sqlite_where=text("kind = 'board' AND attempts = 0"),
    postgresql_where=text("kind = 'board' AND attempts = 0"),
)
