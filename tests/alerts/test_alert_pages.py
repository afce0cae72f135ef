"""The pages of ``docs/alerts``: their settings are taken as they are, and what they show is what the code has."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from bot.adapters.alerts.generic import schema_text
from bot.adapters.alerts.parsing import PARSERS
from bot.adapters.alerts.signatures import SIGNATURE
from bot.settings import SettingsError
from tests.adapters.alerts.recorded import body
from tests.alerts.pages import DOCS, ETC, PAGES, blocks, loaded
from tests.alerts.senders import STAMP

FOR_ALL = '[clusters.staging]\ncontext = "staging"\n[alerts.falco]\ntoken = "placeholder-placeholder"\n'
FOR_PROD = f'{FOR_ALL}cluster = "prod"\n'
RECORDED = re.compile(r"(?ms)^<!-- recorded: ([\w.-]+) -->\n```json\n(.*?)^```")


def test_every_format_has_its_page() -> None:
    assert {page.stem for page in PAGES} == {"README", *PARSERS}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_settings_of_a_page_are_taken_as_they_are(page: Path, tmp_path: Path) -> None:
    found = loaded(tmp_path, "\n".join(blocks(page, "toml")))

    assert [each.format for each in found.alerts.values()] == [
        "alertmanager" if page.stem == "README" else page.stem
    ]


@pytest.mark.parametrize(
    "page", [page for page in PAGES if page.stem != "README"], ids=lambda page: page.stem
)
def test_the_sender_s_side_is_well_formed_and_posts_to_that_source(page: Path) -> None:
    for text in blocks(page, "yaml"):
        assert yaml.safe_load(text)
    for text in blocks(page, "json"):
        assert json.loads(text)
    posted = re.findall(r"https://firebreak\.example\.com(?::8443)?(/\S+?)[\s\",`]", page.read_text("utf-8"))

    assert posted
    assert set(posted) == {f"/alerts/{page.stem}"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_what_a_page_shows_as_recorded_is_what_the_tests_use(page: Path) -> None:
    for name, text in RECORDED.findall(page.read_text("utf-8")):
        assert text == body(name).decode()


def test_the_header_with_the_time_is_the_one_that_is_the_default(tmp_path: Path) -> None:
    (grafana,) = loaded(tmp_path, "\n".join(blocks(DOCS / "grafana.md", "toml"))).alerts.values()

    assert grafana.timestamp_header == STAMP == f"{SIGNATURE}-Timestamp"


def test_the_published_schema_is_the_one_that_the_types_give_and_takes_what_is_recorded() -> None:
    schema = json.loads(schema_text())
    Draft202012Validator.check_schema(schema)
    judge = Draft202012Validator(schema)

    assert (DOCS / "generic.schema.json").read_text("utf-8") == schema_text()
    assert judge.is_valid(json.loads(body("generic.firing")))
    assert not judge.is_valid(json.loads(body("broken/generic.misspelt")))


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("[alerts.alertmanager]\n", "anybody could send alerts"),
        ('[alerts.alertmanager]\ntoken = ""\n', "alerts.alertmanager.token: it must have at least 20"),
        ('[alerts.alertmanager]\ntoken = "short"\n', "at least 20 characters"),
        ('[alerts.mine]\ntoken = "placeholder-placeholder"\n', "alerts.mine.format"),
        ('[alerts.Mine]\nformat = "falco"\ntoken = "placeholder-placeholder"\n', "alerts.Mine"),
        ('[alerts.generic]\nuser = "me"\n', "user and password go together"),
        ('[alerts.falco]\nsigning_secret = "placeholder-placeholder"\n', "signing_secret is Grafana's"),
        ('[alerts.falco]\nclient_names = ["a"]\n', "needs [alert_server] with client_ca_file"),
        ("[alerts.falco]\nclient_names = []\n", "anybody could send alerts"),
        ('[alerts.falco]\ncluster = "dev"\ntoken = "placeholder-placeholder"\n', "there is no cluster dev"),
        (f'{FOR_PROD}cluster_names = {{ eu = "dev" }}\n', "cluster_names: there is no cluster dev"),
        (
            f'{FOR_PROD}cluster_names = {{ eu = "staging" }}\n',
            "'eu' cannot be staging: the source is for prod alone",
        ),
        (f'{FOR_PROD}cluster_names = {{ STAGING = "prod" }}\n', "'STAGING' is a cluster itself"),
        (f'{FOR_ALL}cluster_names = {{ Eu = "prod", eU = "staging" }}\n', "'eU' is there twice"),
        ('[alert_server]\ncert_file = "a"\nkey_file = "b"\n', "has nothing to serve"),
        (
            '[alerts.defender.entra]\ntenant = "common"\naudience = ["a"]\napp_ids = []\n',
            "alerts.defender.entra.tenant",
        ),
        (
            '[alerts.generic]\ntoken = "placeholder-placeholder"\nuser = "a"\npassword = "placeholder-placeholder"\n',
            "give one of them",
        ),
    ],
)
def test_what_would_let_anybody_in_or_cannot_work_is_refused_without_its_value(
    tmp_path: Path, text: str, named: str
) -> None:
    with pytest.raises(SettingsError) as caught:
        loaded(tmp_path, text)

    assert named in str(caught.value)
    assert "placeholder" not in str(caught.value)


def test_a_secret_is_not_shown(tmp_path: Path) -> None:
    found: Any = loaded(tmp_path, f'[alerts.alertmanager]\ntoken_file = "{ETC}one.token"\n')

    assert "placeholder" not in repr(found)
    assert "placeholder" not in found.model_dump_json()
