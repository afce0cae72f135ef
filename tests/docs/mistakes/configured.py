"""Settings that are wrong: each in a real ``firebreak.toml`` or variable, read by a real command."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

import msgspec

from tests.docs.mistakes.ran import SECRETS, SETTINGS, row, said
from tests.docs.mistakes.row import Row

ARM: Final = "/subscriptions/0/resourceGroups/net/providers/Microsoft.Network/firewallPolicies/root"
NO_TOKEN: Final = {"SLACK_APP_TOKEN": SECRETS["SLACK_APP_TOKEN"]}
CHANGE: Final = "Change it"
CORRECT: Final = "Correct"


class Case(msgspec.Struct, frozen=True):
    """What was done, where the advice begins, the file as it then is, and what the environment holds."""

    did: str
    advice: str
    settings: str = SETTINGS
    variables: Mapping[str, str] = {}
    secrets: Mapping[str, str] = MappingProxyType(SECRETS)


def _with(line: str, section: str = "") -> str:
    """Return the settings with a line in a section of theirs, or at the top."""
    head = f"[{section}]\n"
    if section and head in SETTINGS:
        return SETTINGS.replace(head, f"{head}{line}\n")
    return f"{SETTINGS}\n{head}{line}\n" if section else f"{line}\n{SETTINGS}"


CASES: Final = (
    Case("There is no firebreak.toml, and no variable", "Write its section", "", secrets={}),
    Case("You mistype: `log_level = debug`", CORRECT, _with("log_level = debug")),
    Case("You misspell a section: `[servre]`", "did you mean", _with("port = 9090", "servre")),
    Case("You misspell a key: `[server] prot = 9090`", "did you mean", _with("prot = 9090", "server")),
    Case("You write a key that is nothing like one", CORRECT, _with('wallpaper = "red"')),
    Case(
        "You misspell a variable: `FIREBREAK_SERVER_PORT=9090`",
        "did you mean",
        variables={"FIREBREAK_SERVER_PORT": "9090"},
    ),
    Case(
        "You write a variable that is nothing like one",
        CORRECT,
        variables={"FIREBREAK_THE_NUCLEAR_OPTION": "yes"},
    ),
    Case("You choose what is none of the choices: `log_level`", CHANGE, _with('log_level = "loud"')),
    Case(
        "You write a word for a number: `FIREBREAK_SERVER__PORT`",
        CHANGE,
        variables={"FIREBREAK_SERVER__PORT": "many"},
    ),
    Case("You write a number that is too large: `server.port`", CHANGE, _with("port = 99999", "server")),
    Case(
        "You write no JSON where a variable takes a table",
        "Write a list",
        variables={"FIREBREAK_SLACK__CHANNELS": "C0INCIDENT"},
    ),
    Case("There is no bot token", "Set it", secrets=NO_TOKEN),
    Case(
        "There is no app token, which Socket Mode needs",
        "needs SLACK_APP_TOKEN",
        secrets={"SLACK_BOT_TOKEN": SECRETS["SLACK_BOT_TOKEN"]},
    ),
    Case(
        "There is no signing secret, which HTTP needs",
        "needs SLACK_SIGNING_SECRET",
        _with('transport = "http"', "slack"),
    ),
    Case(
        "The file of a secret is not there",
        "Name a file",
        variables={"SLACK_BOT_TOKEN_FILE": "no-such-file"},
        secrets=NO_TOKEN,
    ),
    Case(
        "The file of a secret is empty",
        "Name a file",
        variables={"SLACK_BOT_TOKEN_FILE": "empty"},
        secrets=NO_TOKEN,
    ),
    Case(
        "The file of a secret is a folder",
        "Name a file",
        variables={"SLACK_BOT_TOKEN_FILE": "."},
        secrets=NO_TOKEN,
    ),
    Case(
        "You write a channel's name where its id belongs",
        CHANGE,
        SETTINGS.replace("C0INCIDENT", "#incidents"),
    ),
    Case(
        "You write a database of a kind that there is not", CHANGE, _with('database = "mysql://db/firebreak"')
    ),
    Case(
        "You name neither a cluster nor Azure",
        "configure at least one",
        SETTINGS[: SETTINGS.index("\n[clusters")],
    ),
    Case("You name a cluster in capitals", CHANGE, SETTINGS.replace("clusters.prod", "clusters.PROD")),
    Case("You give a cluster two ways in", "set either", _with("in_cluster = true", "clusters.prod")),
    Case(
        "You let one call last longer than the engine waits", CHANGE, _with("timeout = 30", "clusters.prod")
    ),
    Case("You let a call last as long as half a lease", CHANGE, _with("call = 30", "engine")),
    Case(
        "You write an Azure resource by its name alone",
        CHANGE,
        f'{SETTINGS}\n[azure]\nsubscription = "{"0" * 36}"\nroot_policy = "root"\nrule_group = "{ARM}"\n',
    ),
    Case(
        "You leave out a key that Azure needs",
        "Set it",
        f'{SETTINGS}\n[azure]\nroot_policy = "{ARM}"\nrule_group = "{ARM}"\n',
    ),
    Case(
        "You keep evidence in a container, and name none",
        "needs container",
        _with('store = "azure-blob"', "evidence"),
    ),
)


def rows(folder: Path) -> tuple[Row, ...]:
    """Return what each is answered."""
    (folder / "empty").touch()
    found = [_row(folder, case) for case in CASES]
    (folder / "firebreak.toml").unlink()
    named = said(folder, "--settings elsewhere.toml migrate")
    return (*found, row("You name a settings file that is not there", named, "Name the one"))


def _row(folder: Path, case: Case) -> Row:
    (folder / "firebreak.toml").write_text(case.settings, encoding="utf-8")
    return row(case.did, said(folder, "migrate", {**case.secrets, **case.variables}), case.advice)
