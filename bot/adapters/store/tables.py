"""
The tables. What a row means is JSON in ``doc``; beside it stand only the columns that are searched or locked.

Times are microseconds since 1970 UTC in a BIGINT: they sort, and are the same in both databases.
``schema`` is the version of ``doc``: rows of a newer one are left alone.
"""

from functools import partial

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Computed,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    text,
)

metadata = MetaData()

_Number = BigInteger().with_variant(Integer, "sqlite")  # SQLite counts up only an INTEGER PRIMARY KEY

_word = partial(Column[str], type_=Text, nullable=False, server_default=text("''"))
_unsigned = text("review = 'open'")

requests = Table(
    "requests",
    metadata,
    Column("id", Text, primary_key=True),
    Column("requester", Text, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("due_at", BigInteger),
    Column("schema", Integer, nullable=False),
    Column("doc", Text, nullable=False),
    *(_word(name) for name in ("incident", "review", "holder", "alerts", "playbook")),
    Column("released_at", BigInteger),
    Index("requests_created", "created_at", "id"),
    Index("requests_due", "due_at"),
    Index("requests_incident", "incident"),
    Index("requests_holder", "holder", "created_at"),
    Index("requests_alerts", "alerts"),
    Index("requests_playbook", "playbook", "created_at"),
    Index("requests_review", "review", sqlite_where=_unsigned, postgresql_where=_unsigned),
)

parts = Table(
    "parts",
    metadata,
    Column("id", Text, primary_key=True),
    Column("request_id", Text, ForeignKey("requests.id"), nullable=False),
    Column("idx", Integer, nullable=False),
    Column("lane", Text, nullable=False),
    Column("cluster", Text, nullable=False),
    Column("namespace", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("due_at", BigInteger),
    Column("schema", Integer, nullable=False),
    Column("doc", Text, nullable=False),
    Column("approved_at", BigInteger),
    Column("pods", Integer, nullable=False, server_default=text("1")),
    Index("parts_request", "request_id", "idx", unique=True),
    Index("parts_lane", "lane", "state"),
    Index("parts_state", "state"),
    Index("parts_approved", "approved_at"),
)

votes = Table(
    "votes",
    metadata,
    Column("n", _Number, primary_key=True, autoincrement=True),
    Column("request_id", Text, ForeignKey("requests.id"), nullable=False),
    Column("digest", Text, nullable=False),
    Column("voter", Text, nullable=False),
    Column("doc", Text, nullable=False),
    Column("receipt", Text, nullable=False, server_default=text("''")),
    Index("votes_one_each", "request_id", "digest", "voter", unique=True),
    Index("votes_receipt", "receipt"),
)

lanes = Table(
    "lanes",
    metadata,
    Column("key", Text, primary_key=True),
    Column("owner", Text, nullable=False),
    Column("lease_until", BigInteger),
    Column("lease", BigInteger, nullable=False),
    Column("fence", BigInteger, nullable=False),
    Column("due_at", BigInteger),
    Column("free_at", BigInteger, Computed("CASE WHEN owner = '' THEN due_at ELSE lease_until END", True)),
    Column("schema", Integer, nullable=False),
    Column("doc", Text, nullable=False),
    Index("lanes_free", "free_at"),
)

contributions = Table(
    "contributions",
    metadata,
    Column("n", _Number, primary_key=True, autoincrement=True),
    Column("id", Text, nullable=False),
    Column("lane", Text, nullable=False),
    Column("part", Text, nullable=False),
    Column("doc", Text, nullable=False),
    Index("contributions_id", "id", unique=True),
    Index("contributions_lane", "lane", "n"),
)

inbox = Table(
    "inbox",
    metadata,
    Column("key", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("payload", LargeBinary, nullable=False),
    Column("received_at", BigInteger, nullable=False),
    Column("owner", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_at", BigInteger),
    Column("done_at", BigInteger),
    Index("inbox_next", "next_at"),
)

outbox = Table(
    "outbox",
    metadata,
    Column("id", _Number, primary_key=True, autoincrement=True),
    Column("topic", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("request_id", Text, nullable=False),
    Column("owner", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("next_at", BigInteger, nullable=False),
    Column("done_at", BigInteger),
    Column("doc", Text, nullable=False),
    Index(
        "outbox_topic",
        "topic",
        "id",
        sqlite_where=text("done_at IS NULL"),
        postgresql_where=text("done_at IS NULL"),
    ),
    Index(
        "outbox_one_card",
        "request_id",
        unique=True,
        sqlite_where=text("kind = 'card' AND attempts = 0"),
        postgresql_where=text("kind = 'card' AND attempts = 0"),
    ),
)

cards = Table(
    "cards",
    metadata,
    Column("request_id", Text, primary_key=True),
    Column("channel", Text, nullable=False),
    Column("ts", Text, nullable=False),
    Column("painted", Text, nullable=False),
)

audit = Table(
    "audit",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("body", Text, nullable=False),
    Column("leaf", LargeBinary, nullable=False),
)

audit_head = Table(
    "audit_head",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("n", BigInteger, nullable=False),
    Column("peaks", LargeBinary, nullable=False),
    CheckConstraint("id = 1", name="audit_head_one_row"),
)

checkpoints = Table(
    "checkpoints",
    metadata,
    Column("n", BigInteger, primary_key=True, autoincrement=False),
    Column("note", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
)

disclosures = Table(
    "disclosures",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("digest", Text, primary_key=True),
    Column("doc", Text, nullable=False),
)

blobs = Table(
    "blobs",
    metadata,
    Column("hash", Text, primary_key=True),
    Column("bytes", LargeBinary, nullable=False),
)

incidents = Table(
    "incidents",
    metadata,
    Column("id", Text, primary_key=True),
    Column("state", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("schema", Integer, nullable=False),
    Column("doc", Text, nullable=False),
    Index("incidents_state", "state", "created_at"),
)

frozen_accounts = Table(
    "frozen_accounts",
    metadata,
    Column("principal", Text, primary_key=True),
    Column("frozen_at", BigInteger, nullable=False),
    Column("doc", Text, nullable=False),
)

handovers = Table(
    "handovers",
    metadata,
    Column("id", Text, primary_key=True),
    Column("giver", Text, nullable=False),
    Column("taker", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("doc", Text, nullable=False),
    Index("handovers_taker", "taker", "state"),
    Index("handovers_giver", "giver", "state"),
)

homes = Table(
    "homes",
    metadata,
    Column("principal", Text, primary_key=True),
    Column("opened_at", BigInteger, nullable=False),
    Column("painted", Text, nullable=False),
)

evidence = Table(
    "evidence",
    metadata,
    Column("id", Text, primary_key=True),
    Column("request_id", Text, ForeignKey("requests.id"), nullable=False),
    Column("state", Text, nullable=False),
    Column("due_at", BigInteger),
    Column("created_at", BigInteger, nullable=False),
    Column("doc", Text, nullable=False),
    Index("evidence_request", "request_id", "created_at"),
    Index("evidence_due", "due_at"),
)

evidence_contents = Table(
    "evidence_contents",
    metadata,
    Column("place", Text, primary_key=True),
    Column("idx", Integer, primary_key=True, autoincrement=False),
    Column("bytes", LargeBinary, nullable=False),
)

self_tests = Table(
    "self_tests",
    metadata,
    Column("id", Text, primary_key=True),
    Column("cluster", Text, nullable=False),
    Column("due_at", BigInteger),
    Column("created_at", BigInteger, nullable=False),
    Column("doc", Text, nullable=False),
    Index("self_tests_cluster", "cluster", "created_at"),
    Index("self_tests_due", "due_at"),
    Index(
        "self_tests_one_each",
        "cluster",
        unique=True,
        sqlite_where=text("due_at IS NOT NULL"),
        postgresql_where=text("due_at IS NOT NULL"),
    ),
)

anchors = Table(
    "anchors",
    metadata,
    Column("n", BigInteger, primary_key=True, autoincrement=False),
    Column("place", Text, primary_key=True),
    Column("created_at", BigInteger, nullable=False),
    Column("doc", Text, nullable=False),
)
