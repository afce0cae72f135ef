"""The command line, really run in a folder of its own, and what it answers."""

import contextlib
import io
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from bot.__main__ import main
from tests.docs.mistakes.row import Row

SETTINGS: Final = """\
[slack]
api_url = "http://127.0.0.1:9/api/"
channels = {"*" = "C0INCIDENT"}

[clusters.prod]
kubeconfig = "kubeconfig"
context = "prod"
"""
SECRETS: Final = {"SLACK_BOT_TOKEN": "xoxb-sandbox", "SLACK_APP_TOKEN": "xapp-sandbox"}
OURS: Final = ("FIREBREAK_", "SLACK_")


def said(folder: Path, words: str, variables: Mapping[str, str] = SECRETS) -> str:
    """Run ``firebreak`` with these words, which must fail; return what it answers, without its own name before it."""
    out, err = io.StringIO(), io.StringIO()
    with (
        contextlib.chdir(folder),
        _environment(variables),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        try:
            code: object = main([word.replace("_", " ") for word in words.split()])
        except SystemExit as left:
            code = left.code
    assert code in (1, 2), (words, code, out.getvalue(), err.getvalue())
    return _answer(out.getvalue() or err.getvalue())


def said_by_serve(folder: Path) -> str:
    """Return why the bot does not start: a program of its own, since it takes the signals and the log."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(OURS)} | SECRETS
    done = subprocess.run(
        [sys.executable, "-m", "bot", "serve"],
        cwd=folder,
        env={**environment, "PYTHONPATH": str(Path(__file__).parents[3])},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 2, (done.returncode, done.stderr)
    logged = [line for line in done.stderr.splitlines() if not line.startswith("{")]
    return _answer("\n".join(logged))


def row(did: str, answer: str, advice: str) -> Row:
    """Return a row of an answer that must hold the advice, from where it begins; it may not be all of it."""
    before, found, after = answer.partition(advice)
    assert found, (did, answer)
    return Row.told(did, before.strip().rstrip(":;."), (found + after).strip())


def _answer(text: str) -> str:
    """An answer begins with the name of the program, and no reader needs that in a table of its answers."""
    return text.strip().removeprefix("firebreak: ")


@contextlib.contextmanager
def _environment(variables: Mapping[str, str]) -> Iterator[None]:
    before = dict(os.environ)
    for name in [name for name in before if name.upper().startswith(OURS)]:
        del os.environ[name]
    os.environ.update(variables)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
