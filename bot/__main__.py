"""The command line ``firebreak``."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from bot import bootstrap
from bot.domain.errors import FirebreakError
from bot.settings import SettingsError

DESCRIPTION = (
    "Contain a suspected compromise in a Kubernetes cluster: with approval, proof and an exact way back."
)
WRONG = 2
INTERRUPTED = 130


def main(words: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; what a person can mend is told without a traceback."""
    top = parser()
    given, left = top.parse_known_args(words)
    if left:
        _refuse(" ".join(filter(None, (top.prog, given.command, getattr(given, "verb", "")))), left)
    try:
        return bootstrap.run(given)
    except (SettingsError, FirebreakError) as error:
        print(f"firebreak: {error}", file=sys.stderr)
        if isinstance(error, FirebreakError) and error.advice:
            print(error.advice, file=sys.stderr)
        return WRONG
    except KeyboardInterrupt:
        return INTERRUPTED


class _Parser(argparse.ArgumentParser):
    """Says where it is written how the command is typed; its subparsers are of this kind too."""

    def error(self, message: str) -> NoReturn:
        self.exit(WRONG, f"{self.prog}: {message}. How it is typed: {self.prog} --help\n")


def _refuse(command: str, left: Sequence[str]) -> NoReturn:
    """Refuse words that no parser knew; a long one may be a secret that was pasted, so it is cut."""
    _Parser(prog=command).error(f"it takes no {' '.join(word[:40] for word in left)}")


def parser() -> argparse.ArgumentParser:
    """Return the parser of all commands; its ``command`` and ``verb`` name what to run."""
    top = _Parser(prog="firebreak", description=DESCRIPTION)
    top.add_argument("--settings", type=Path, metavar="FILE", help="settings file (default: firebreak.toml)")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    commands.add_parser("serve", help="run the bot")
    _check(commands.add_parser("check", help="say in plain words whether containment would work right now"))
    commands.add_parser("migrate", help="bring the database to this version")
    _audit(commands.add_parser("audit", help="verify, show or export the audit log"))
    _people(commands.add_parser("people", help="frozen accounts: list them, let one act again"))
    _evidence(commands.add_parser("evidence", help="take captured evidence out, for a case file"))
    _policy(commands.add_parser("policy", help="check and explain policy.yaml"))
    _playbook(commands.add_parser("playbook", help="check playbooks, and try them on an alert"))
    _rbac(commands.add_parser("rbac", help="print the Kubernetes rights that the actions need"))
    _slack(commands.add_parser("slack", help="print what Slack must know"))
    _sandbox(commands.add_parser("sandbox", help="a small world to rehearse in"))
    return top


def _check(check: argparse.ArgumentParser) -> None:
    tried = "try with pods of our own whether policies are enforced, in the namespace that the settings name; about a minute"
    check.add_argument("--self-test", action="store_true", help=tried)
    check.add_argument(
        "--cluster", default="", metavar="NAME", help="only this one (default: all that are set up)"
    )
    on = "on this node (default: the one whose last self-test is the oldest)"
    check.add_argument("--node", default="", metavar="NAME", help=on)


def _audit(audit: argparse.ArgumentParser) -> None:
    verbs = audit.add_subparsers(dest="verb", required=True, metavar="VERB")
    verify = verbs.add_parser("verify", help="verify a database or an export, offline; exits 1 on a finding")
    verify.add_argument(
        "export", nargs="?", type=Path, help="an export (default: the database of the settings)"
    )
    show = verbs.add_parser("show", help="print records")
    show.add_argument("request", nargs="?", help="only this request")
    export = verbs.add_parser("export", help="write JSON lines with proofs")
    only = export.add_mutually_exclusive_group()
    only.add_argument("--request", help="only this request, with inclusion proofs")
    only.add_argument("--incident", help="only this incident and its requests, with inclusion proofs")
    forms = "jsonl verifies offline; the others are the report, as /ir report makes it"
    export.add_argument("--format", choices=("jsonl", "csv", "markdown", "html"), default="jsonl", help=forms)
    export.add_argument("--output", type=Path, metavar="FILE", help="a new file (default: standard output)")
    accept = verbs.add_parser("accept", help="go on with a restored, older database, and record why")
    accept.add_argument("--reason", required=True, help="why; it is recorded")
    for verb in (verify, show, export):
        verb.add_argument("--database", metavar="URL", help="this database, not that of the settings")
    for verb in (verify, export):
        _believed(verb)


def _evidence(evidence: argparse.ArgumentParser) -> None:
    verbs = evidence.add_subparsers(dest="verb", required=True, metavar="VERB")
    get = verbs.add_parser(
        "get", help="write a request's original evidence into a new folder; it is recorded"
    )
    get.add_argument("--request", required=True, metavar="ID", help="the request, like FB-7K3Q")
    get.add_argument("--out", required=True, type=Path, metavar="FOLDER", help="a new folder")


def _believed(verb: argparse.ArgumentParser) -> None:
    key = "the verifier key to believe (name+id+base64), or a file of them; may be repeated (default: the settings')"
    kept = "a checkpoint that was kept outside: a signed note, or an earlier export; may be repeated"
    verb.add_argument("--key", metavar="VKEY", action="append", default=[], help=key)
    verb.add_argument("--checkpoint", type=Path, metavar="FILE", action="append", default=[], help=kept)


def _people(people: argparse.ArgumentParser) -> None:
    verbs = people.add_subparsers(dest="verb", required=True, metavar="VERB")
    verbs.add_parser("frozen", help="list the accounts whose owners disowned a vote")
    unfreeze = verbs.add_parser("unfreeze", help="let an account act again, once it is safe")
    unfreeze.add_argument("account", metavar="TEAM:USER")
    unfreeze.add_argument("--reason", required=True, help="why; it is recorded")


def _policy(policy: argparse.ArgumentParser) -> None:
    verbs = policy.add_subparsers(dest="verb", required=True, metavar="VERB")
    check = verbs.add_parser("check", help="validate a policy and say it in plain words")
    check.add_argument("file", nargs="?", type=Path, default=Path("policy.yaml"))


def _playbook(playbook: argparse.ArgumentParser) -> None:
    verbs = playbook.add_subparsers(dest="verb", required=True, metavar="VERB")
    check = verbs.add_parser("check", help="validate playbooks and their conditions")
    test = verbs.add_parser("test", help="say which playbooks fit an alert and what they would make of it")
    test.add_argument("alert", type=Path, metavar="ALERT.JSON", help="a body as its sender sends it")
    test.add_argument("--source", default="generic", metavar="FORMAT", help="whose body it is")
    test.add_argument("--cluster", default="", metavar="NAME", help="meant where the alert names none")
    test.add_argument("--plan", action="store_true", help="make the plans too: ask the clusters and Azure")
    for verb in (check, test):
        verb.add_argument(
            "paths",
            nargs="*",
            metavar="PATH",
            help="files, folders, or the word shipped (default: playbooks, or shipped where there is no such folder)",
        )


def _rbac(rbac: argparse.ArgumentParser) -> None:
    rbac.add_argument("--namespace", default="firebreak", help="where the bot runs")
    rbac.add_argument("--service-account", default="firebreak")
    user = "how the API server knows a bot that is no service account, such as an Entra ID object id"
    rbac.add_argument("--username", default="", metavar="NAME", help=user)
    rbac.add_argument("--only", nargs="*", metavar="NAMESPACE", help="contain in these namespaces only")
    there = "leave out the namespace that the bot's service account is in: it stands already"
    rbac.add_argument("--no-namespace", action="store_true", help=there)
    engines = (
        "whose own deny may be written: cilium, calico, calico-default-tier, calico-stored (default: none)"
    )
    rbac.add_argument("--engines", default="", metavar="NAME[,NAME]", help=engines)
    rbac.add_argument("--detach", action="store_true", help="let labels of others be moved on a detached pod")
    workloads = "let policies select by labels of others, for quarantine deployment:..."
    rbac.add_argument("--workloads", action="store_true", help=workloads)
    ranges = "networks that a quarantine may leave open (allow <range>); DNS always may"
    rbac.add_argument("--ranges", nargs="*", metavar="CIDR", help=ranges)
    canary = "Firebreak's own image, by digest or tag: let canaries of it be created and deleted, to prove a quarantine"
    rbac.add_argument("--canary", default="", metavar="IMAGE", help=canary)
    tested = "print instead what self-tests need: this namespace of their own, and the rights in it; needs --canary"
    rbac.add_argument("--self-test-namespace", default="", metavar="NAME", help=tested)


def _slack(slack: argparse.ArgumentParser) -> None:
    verbs = slack.add_subparsers(dest="verb", required=True, metavar="VERB")
    manifest = verbs.add_parser("manifest", help="print the app manifest, with the least scopes")
    manifest.add_argument("--transport", choices=("socket", "http"), default="socket")
    manifest.add_argument("--url", default="", help="the request URL, for http")


def _sandbox(sandbox: argparse.ArgumentParser) -> None:
    sandbox.add_argument("--rehearse", action="store_true", help="play the story and check every step")
    sandbox.add_argument("--no-page", action="store_true", help="only the prompt, no page in the browser")
    port = "where on 127.0.0.1 the page is (default: any free port)"
    sandbox.add_argument("--port", type=int, default=0, metavar="PORT", help=port)
    sandbox.add_argument(
        "--export", type=Path, metavar="FILE", help="leave the audit export of the rehearsal"
    )


if __name__ == "__main__":
    sys.exit(main())
