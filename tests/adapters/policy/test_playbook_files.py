"""Playbook files: strict, every flaw with line and column, nothing of YAML that could surprise."""

import contextlib
import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from bot.actions import CATALOGUE
from bot.adapters.alerts.parsing import PARSERS
from bot.adapters.policy.playbooks import Conditions, Known, PlaybookError, load, parse
from bot.adapters.policy.playbooks.schema import schema_text
from bot.domain.playbooks import playbook_hash

ROOT = Path(__file__).parents[3]
SHIPPED = sorted((ROOT / "playbooks").glob("*.yaml"))
KNOWN = Known(CATALOGUE, tuple(PARSERS))
CONDITIONS = Conditions()
GOOD = """\
version: 1
name: one
title: What it is for
match:
  when: alert.rule == "x"
steps:
  - title: Block
    action: block-address
    with:
      cluster: {from: cluster}
      addresses: {from: peers}
"""


def flaws(text: str) -> str:
    with pytest.raises(PlaybookError) as caught:
        parse(text, "p.yaml", KNOWN, CONDITIONS)
    return str(caught.value)


def test_layout_and_comments_do_not_change_the_hash() -> None:
    one = parse(GOOD, "p.yaml", KNOWN, CONDITIONS)
    other = parse("# a remark\norder: 100\n" + GOOD.replace("title: What", 'title: "What').replace(" for\n", ' for"\n', 1), "p.yaml", KNOWN, CONDITIONS)  # fmt: skip

    assert playbook_hash(one) == playbook_hash(other)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("version: 1", "version: one", "p.yaml:1:1: version: Expected `int`"),
        ("name: one", "name: One", "p.yaml:2:1: name: Expected"),
        ("title: What", "titel: What", "p.yaml:3:1: titel: unknown key `titel`; did you mean `title`?"),
        ('alert.rule == "x"', "alert.rul == 'x'", "p.yaml:5:3: match.when: `alert` has no `rul`"),
        ("when:", "whenever:", "p.yaml:5:3: match.whenever: unknown key"),
        ("action: block-address", "action: nuke", "p.yaml:8:5: steps[0].action: there is no action `nuke`"),
        (
            "action: block-address",
            "action: contain",
            "p.yaml:8:5: steps[0].action: `contain` is several actions together: write each of them as a step of its own",
        ),
        ("{from: cluster}", "{from: clusters}", "p.yaml:9:5: steps[0].with: Invalid enum value 'clusters'"),
        ("{from: cluster}", "{form: cluster}", "unknown key `form`"),
        ("{from: cluster}", "&x prod", "p.yaml:10:16: anchors and aliases are not used"),
        ("{from: cluster}", "!!python/name:os.system x", "tags (!...) are not used"),
        ("name: one", "name: one\nname: two", "p.yaml:3:1: `name` is written twice"),
        ("name: one", "name: [", "not YAML"),
        ("name: one", 'name: "one\\n"', "p.yaml:2:1: name: Expected"),
        ("steps:", "about: \x00\nsteps:", "characters that YAML forbids"),
        (GOOD, "", "holds no keys"),
        (GOOD, "- 1", "holds no keys"),
        (GOOD, "[" * 50, "nested deeper"),
    ],
)
def test_what_is_wrong_is_told_with_line_and_column(old: str, new: str, told: str) -> None:
    assert told in flaws(GOOD.replace(old, new, 1))


def test_every_file_is_told_of_at_once_and_no_name_is_there_twice(tmp_path: Path) -> None:
    for name, text in (("a.yaml", GOOD), ("b.yaml", GOOD), ("c.yaml", "version: 0\n"), ("d.yaml", "\xff")):
        (tmp_path / name).write_text(text, "latin-1")

    with pytest.raises(PlaybookError) as caught:
        load([tmp_path], KNOWN)

    told = str(caught.value)
    assert "b.yaml: name: `one` is the name of" in told
    assert "c.yaml:1:1" in told
    assert "d.yaml: not UTF-8" in told


def test_a_folder_without_playbooks_and_a_file_that_is_not_there_are_told(tmp_path: Path) -> None:
    with pytest.raises(PlaybookError, match="no playbook in it"):
        load([tmp_path], KNOWN)
    with pytest.raises(PlaybookError, match="can't be read"):
        load([tmp_path / "none.yaml"], KNOWN)


def test_a_large_file_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "big.yaml").write_text("#" * 70_000)

    with pytest.raises(PlaybookError, match="larger than 64 KiB"):
        load([tmp_path], KNOWN)


def test_the_published_schema_is_the_one_that_the_types_give() -> None:
    assert (ROOT / "docs" / "playbook.schema.json").read_text() == schema_text()
    Draft202012Validator.check_schema(json.loads(schema_text()))


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: file.stem)
def test_the_schema_takes_what_is_shipped(file: Path) -> None:
    assert (
        list(Draft202012Validator(json.loads(schema_text())).iter_errors(yaml.safe_load(file.read_text())))
        == []
    )


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("version", 0),
        ("name", "A b"),
        ("title", ""),
        ("order", -1),
        ("steps", []),
        ("odd", 1),
    ],
)
def test_the_schema_refuses_what_the_reader_refuses(key: str, value: Any) -> None:
    written = {**yaml.safe_load(GOOD), key: value}

    assert not Draft202012Validator(json.loads(schema_text())).is_valid(written)
    assert flaws(yaml.safe_dump(written))


def test_every_key_is_explained_in_the_documentation() -> None:
    text = (ROOT / "docs" / "playbooks.md").read_text()
    definitions = json.loads(schema_text())["$defs"]
    keys = {key for kind in definitions.values() for key in kind.get("properties", {})}

    assert [key for key in sorted(keys) if f"`{key}`" not in text] == []


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_whatever_a_file_holds_is_a_playbook_or_one_error(data: st.DataObject) -> None:
    lines = GOOD.splitlines(keepends=True)
    number = data.draw(st.integers(0, len(lines) - 1))
    junk = data.draw(st.text(max_size=20) | st.sampled_from(["&a ", "*a", "!!x ", "{", "- ", "? ", "|\n", "\t", "0x1", "~", "<<: *a", "2026-01-01"]))  # fmt: skip
    at = data.draw(st.integers(0, len(lines[number])))
    lines[number] = lines[number][:at] + junk + lines[number][at:]
    with contextlib.suppress(PlaybookError):
        parse("".join(lines), "p.yaml", KNOWN, CONDITIONS)
