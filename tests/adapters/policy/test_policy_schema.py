import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from bot.adapters.policy.schema import schema_text

ROOT = Path(__file__).parents[3]


@pytest.fixture
def example() -> Any:
    return yaml.safe_load((ROOT / "deploy" / "policy.example.yaml").read_text())


def valid(value: Any) -> bool:
    return bool(Draft202012Validator(json.loads(schema_text())).is_valid(value))


def test_the_published_schema_is_the_one_that_the_types_give() -> None:
    assert (ROOT / "docs" / "policy.schema.json").read_text() == schema_text()


def test_the_schema_is_a_valid_schema_and_takes_the_example(example: Any) -> None:
    Draft202012Validator.check_schema(json.loads(schema_text()))

    assert valid(example)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("quorum", 0),
        ("four_eyes", False),
        ("approval_expiry", 30),
        ("approval_expiry", "30"),
        ("clusters", []),
        ("solo", True),
        ("scopes", ["world"]),
    ],
)
def test_the_schema_refuses_what_the_loader_refuses(example: Any, key: str, value: Any) -> None:
    example["rules"][0][key] = value

    assert not valid(example)


def test_every_key_is_explained_in_the_documentation() -> None:
    text = (ROOT / "docs" / "policy.md").read_text()
    definitions = json.loads(schema_text())["$defs"]
    keys = {key for kind in definitions.values() for key in kind.get("properties", {})}

    assert [key for key in sorted(keys) if f"`{key}`" not in text] == []
