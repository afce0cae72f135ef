"""What is typed at the command line of ``firebreak``, and goes wrong: really run, in a folder with a real database."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from bot.adapters.keys.files import load_or_create
from bot.adapters.store import migrate, open_store
from bot.bootstrap.entropy import utc_now
from bot.sandbox.scene import POLICY
from tests.docs.mistakes.ran import SETTINGS, row, said, said_by_serve
from tests.docs.mistakes.row import Row

HOW: Final = "How it is typed"
MIGRATE: Final = "run `firebreak migrate`"
ADVICE: Final = "What each key takes"

UNSPOKEN: Final = (
    ("", HOW),
    ("serv", HOW),
    ("serve --port 9090", HOW),
    ("migrate now", HOW),
    ("audit", HOW),
    ("audit verfy", HOW),
    ("audit export --format pdf", HOW),
    ("audit export --request FB-7K3Q --incident IN-7K3Q", HOW),
    ("audit accept", HOW),
    ("people unfreeze T0123ABCD:U0123ABCD", HOW),
    ("evidence get --request FB-7K3Q", HOW),
    ("slack manifest --transport smoke", HOW),
    ("slack manifest --transport http", "give --url"),
    ("sandbox --port many", HOW),
    ("sandbox --export story.jsonl", "give --rehearse"),
    ("sandbox --rehearse --export firebreak.toml", "choose another name"),
    ("policy check nowhere.yaml", "name the file"),
    ("check --cluster prod", "firebreak check --self-test --cluster NAME"),
    ("rbac --self-test-namespace firebreak-self-test", "needs --canary IMAGE"),
    ("audit verify some.jsonl --database sqlite:///firebreak.db", "give one"),
)
BEFORE: Final = (
    ("people frozen", MIGRATE),
    ("audit show", MIGRATE),
    ("evidence get --request FB-7K3Q --out case", MIGRATE),
)
AFTER: Final = (
    ("audit verify", "mount it"),
    ("audit verify --key nokey", "give what"),
    ("audit verify --key firebreak.toml", "write NAME"),
    ("audit accept --reason _", "say why"),
    ("audit accept --reason restored", "mount it"),
    ("people unfreeze bob --reason safe", "write it as"),
    ("people unfreeze T0123ABCD:U0123ABCD --reason _", "say why"),
    ("people unfreeze T0123ABCD:U0123ABCD --reason safe", "`firebreak people frozen`"),
    ("evidence get --request FB-7K3Q --out case", "look for the id"),
    ("check --self-test", "Set canary_image and self_test_namespace"),
    ("check --self-test --cluster prod", "Set clusters.prod.self_test_namespace"),
)
WITH_KEY: Final = (
    ("audit verify nowhere.jsonl", "name a file"),
    ("audit verify .", "name a file"),
    ("audit verify --checkpoint nowhere.checkpoint", "name a file"),
    ("audit verify --checkpoint policy.yaml", "keep this copy"),
    ("audit export --output policy.yaml", "choose another name"),
    ("audit show FB-7K3Q", "without an id"),
)
Told = tuple[str, str, str]


def rows(folder: Path) -> tuple[Row, ...]:
    """Return what each is answered."""
    (folder / "firebreak.toml").write_text(SETTINGS, encoding="utf-8")
    (folder / "policy.yaml").write_text(POLICY, encoding="utf-8")
    found = [_typed(folder, words, advice) for words, advice in (*UNSPOKEN, *BEFORE)]
    found.append(("firebreak serve (the database is new)", said_by_serve(folder), MIGRATE))
    found += _checked(folder)
    (folder / "firebreak-audit.key").unlink(missing_ok=True)
    asyncio.run(_migrated(folder))
    found += [_typed(folder, words, advice) for words, advice in AFTER]
    return tuple(row(*told) for told in (*found, *_exports(folder), *_policies(folder), *_starts(folder)))


def _typed(folder: Path, words: str, advice: str) -> Told:
    shown = " ".join(["firebreak", *(word.replace("_", '" "') for word in words.split())])
    return shown, said(folder, words), advice


def _checked(folder: Path) -> Iterator[Told]:
    answers = {line.split(":")[0]: line for line in said(folder, "check").splitlines()}
    for what, advice in (
        ("database", MIGRATE),
        ("anchors", "set audit.anchor_channel"),
        ("slack", "Check the bot token"),
        ("cluster prod", "Check [clusters.prod]"),
    ):
        yield f"firebreak check (the answer about: {what})", answers[f"BAD  {what}"], advice


async def _migrated(folder: Path) -> None:
    await migrate(f"sqlite+aiosqlite:///{folder / 'firebreak.db'}")


def _exports(folder: Path) -> Iterator[Told]:
    key = folder / "firebreak-audit.key"
    load_or_create(key, "firebreak.local/log")
    for words, advice in WITH_KEY:
        yield _typed(folder, words, advice)
    broken = folder / "broken.jsonl"
    broken.write_text('{"format": ', encoding="utf-8")
    yield "firebreak audit verify broken.jsonl", said(folder, "audit verify broken.jsonl"), "keep this copy"
    broken.write_text(json.dumps({"format": "of another program"}), encoding="utf-8")
    told = said(folder, "audit verify broken.jsonl")
    yield "firebreak audit verify broken.jsonl (it is none of ours)", told, "keep this copy"
    key.unlink()


def _policies(folder: Path) -> Iterator[Told]:
    file = folder / "policy.yaml"
    for did, before, after in (
        ("a misspelt key", "rules:", "ruels:"),
        ("a group that is not defined", "request: [on-call]", "request: [oncall]"),
        ("text that is not YAML", "rules:", "rules: ["),
    ):
        file.write_text(POLICY.replace(before, after, 1), encoding="utf-8")
        yield f"firebreak policy check (it has {did})", said(folder, "policy check"), ADVICE
    yield "firebreak serve (the policy has an error)", said_by_serve(folder), ADVICE
    file.write_text(POLICY, encoding="utf-8")


def _starts(folder: Path) -> Iterator[Told]:
    key = folder / "firebreak-audit.key"
    key.touch(mode=0o644)
    yield "firebreak serve (others can read the audit key)", said_by_serve(folder), "run chmod"
    key.chmod(0o600)
    yield "firebreak serve (the audit key is damaged)", said_by_serve(folder), "restore it"
    key.unlink()
    yield "firebreak serve (another one runs on this file)", asyncio.run(_second(folder)), "stop it first"


async def _second(folder: Path) -> str:
    async with open_store(f"sqlite+aiosqlite:///{folder / 'firebreak.db'}", clock=utc_now) as first:
        first.own()
        return await asyncio.to_thread(said_by_serve, folder)
