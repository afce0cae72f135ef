"""What a report gives a reader to paste holds: each command prints exactly what it says, and nothing else can be in one."""

import hashlib
import re
import subprocess

import msgspec
import pytest

from bot.domain.report.checking import FALSE
from bot.domain.report.composing import compose
from bot.domain.report.values import Check, Report
from tests.domain.report.given import kept, source

COMMAND = re.compile(
    r"(\{ printf '\\0'; )?printf %s '[A-Za-z0-9+/=_-]*'( \| [a-z0-9]+( -[A-Za-z0-9-]+| sha256| dgst| base64| '[-+/_]{2}'| =| 1-64)*(; \})?)+"
)


def every(report: Report) -> list[Check]:
    return [check for proof in report.proofs for check in proof.checks]


def test_each_command_prints_what_it_must_give() -> None:
    found = every(compose(source("it beacons 'and quotes' \u202e")))
    labels = {check.label for check in found}
    assert len(labels) == 3, "the record, the words, what was kept"
    for check in {check.label: check for check in found}.values():
        ran = subprocess.run(["bash", "-c", check.command], capture_output=True, text=True, check=True)
        assert ran.stdout.strip() == check.gives


@pytest.mark.parametrize("text", ["'; touch /tmp/x; '", "$(id)", "`id`", "\n", "x" * 5000])
def test_nothing_that_people_wrote_can_be_run_by_pasting(text: str) -> None:
    assert all(COMMAND.fullmatch(check.command) for check in every(compose(source(text))))


def test_what_is_not_what_the_record_names_is_called_false_and_gets_no_command() -> None:
    whole = source("it beacons")
    blobs = dict.fromkeys(kept("it beacons"), '{"summary": "something else"}')
    forged = tuple(msgspec.structs.replace(taken, words=("Zm9yZ2Vk'; id",)) for taken in whole.records)
    report = compose(msgspec.structs.replace(whole, blobs=blobs, records=forged))
    false = [check for check in every(report) if check.label == FALSE]
    assert len(false) == len(forged) + 2
    assert {check.command for check in false} == {""}


def test_the_digest_to_compare_with_stands_in_the_record() -> None:
    report = compose(source("it beacons"))
    for proof in report.proofs:
        for check in proof.checks[1:]:
            assert check.gives in proof.body
    assert {hashlib.sha256(text.encode()).hexdigest() for text in kept("it beacons").values()} <= {
        check.gives for check in every(report)
    }
