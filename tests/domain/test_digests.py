"""The digest changes with what an approval is bound to, and with nothing else."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.changes import KeyEdit
from bot.domain.digests import SHORT, Terms, digest, names, short, with_probes_of, worse
from bot.domain.documents import Document
from bot.domain.findings import BlastRadius, Finding, Forecast, Unseen
from bot.domain.isolation.marks import FOREIGN_LABEL, FORGED_MARK
from bot.domain.plans import Commands, Plan
from bot.domain.probes import Canary, Role
from tests.domain.values import PATCH, PLAN

TERMS = Terms(lease=3600, on_expiry="hold", quorum=1)
FOUND = Finding("code", "subject", "text")
CANARY = Canary("prod", "web", "firebreak-canary-x", "node-1", "fb:1", "FB-1", Role.OUTSIDE)
replace = msgspec.structs.replace


def part(**changed: Any) -> Plan:
    return replace(PLAN, parts=(replace(PLAN.parts[0], **changed), *PLAN.parts[1:]))


def target(**changed: Any) -> Plan:
    return part(target=replace(PLAN.parts[0].target, **changed))


BOUND: dict[str, Plan] = {
    "cluster": replace(PLAN, cluster="other"),
    "cluster identity": replace(PLAN, cluster_uid="other"),
    "target identity": target(uid="other"),
    "target kind": target(kind="other"),
    "action": replace(PLAN, action="other"),
    "scope": replace(PLAN, scope="estate"),
    "parameters": replace(PLAN, parameters=Document.of({"other": 1})),
    "strategy": replace(PLAN, strategy="other"),
    "lane": part(lane="other"),
    "changes": part(changes=PLAN.parts[0].changes[:1]),
    "order of changes": part(changes=tuple(reversed(PLAN.parts[0].changes))),
    "parts": replace(PLAN, parts=PLAN.parts[:1]),
    "canaries": part(probes=(CANARY,)),
}
TOLD: dict[str, Plan] = {
    "summary": replace(PLAN, summary="other"),
    "eta": replace(PLAN, eta="other"),
    "forecast": replace(PLAN, forecast=Forecast.PARTIAL),
    "residual": replace(PLAN, residual=(FOUND,)),
    "side effects": replace(PLAN, side_effects=(FOUND,)),
    "warnings": replace(PLAN, warnings=(FOUND,)),
    "unseen": replace(PLAN, unseen=(Unseen("q", "w"),)),
    "blast radius": replace(PLAN, blast_radius=BlastRadius(pods=9)),
    "details": target(details=(("ready", "no"),)),
    "labels": target(labels=(("a", "b"),)),
    "words": part(words=("other",)),
    "commands": part(commands=Commands(("a",), ("b",))),
    "expectations": part(expectations=()),
    "part's forecast": part(forecast=Forecast.PARTIAL),
}


@pytest.mark.parametrize("what", BOUND)
def test_the_digest_changes_with(what: str) -> None:
    assert digest(BOUND[what], TERMS) != digest(PLAN, TERMS)


@pytest.mark.parametrize("what", TOLD)
def test_the_digest_stays_with_other(what: str) -> None:
    assert TOLD[what] != PLAN
    assert digest(TOLD[what], TERMS) == digest(PLAN, TERMS)


@pytest.mark.parametrize(
    "terms", [replace(TERMS, lease=3601), replace(TERMS, on_expiry="release"), replace(TERMS, quorum=2)]
)
def test_the_digest_changes_with_the_terms(terms: Terms) -> None:
    assert digest(PLAN, terms) != digest(PLAN, TERMS)


@given(st.text(max_size=70))
def test_only_a_prefix_of_at_least_the_short_form_names_a_digest(typed: str) -> None:
    full = digest(PLAN, TERMS)

    assert names(typed, full) == (len(typed) >= SHORT and full.startswith(typed))
    assert names(short(full), full)
    assert not names(short(full)[:-1], full)


WORSE: dict[str, tuple[Callable[[Plan], Plan], str]] = {
    "a lower forecast": (lambda p: replace(p, forecast=Forecast.NOT_ENFORCED), "forecast"),
    "a new residual": (lambda p: replace(p, residual=(FOUND,)), "code"),
    "a new side effect": (lambda p: replace(p, side_effects=(FOUND,)), "code"),
    "a new warning": (lambda p: replace(p, warnings=(FOUND,)), "code"),
    "something no longer seen": (lambda p: replace(p, unseen=(Unseen("q", "w"),)), "unseen"),
    "a wider blast radius": (lambda p: replace(p, blast_radius=BlastRadius(pods=5)), "blast-radius"),
    "the last Ready replica": (
        lambda p: replace(p, blast_radius=BlastRadius(last_ready_replica=True)),
        "last-ready-replica",
    ),
}


@pytest.mark.parametrize("what", WORSE)
def test_a_plan_is_worse_by(what: str) -> None:
    change, code = WORSE[what]
    calm = replace(PLAN, residual=(), side_effects=(), warnings=(), unseen=(), blast_radius=BlastRadius())

    assert [f.code for f in worse(calm, change(calm), threshold=3)] == [code]
    assert worse(change(calm), calm, threshold=3) == ()


def test_another_text_of_the_same_finding_is_no_worse() -> None:
    old = replace(PLAN, warnings=(FOUND,))

    assert worse(old, replace(old, warnings=(Finding("code", "subject", "2 of 3 now"),)), threshold=0) == ()


def test_what_stands_where_our_marks_go_over_it_voids_nothing_and_what_they_say_does() -> None:
    def marking(before: str | None, after: str = "fb-1-0", *, over: bool = True) -> Plan:
        keys = (KeyEdit(("metadata", "labels", "a/b"), before, after),)
        return part(changes=(replace(PATCH, keys=keys, over=over),))

    def same(one: Plan, other: Plan) -> bool:
        return digest(one, TERMS) == digest(other, TERMS)

    assert same(marking(None), marking("forged"))
    assert not same(marking(None), marking(None, "other"))
    assert not same(marking(None), marking(None, over=False))
    assert not same(marking(None, over=False), marking("forged", over=False))


@pytest.mark.parametrize("code", [FOREIGN_LABEL, FORGED_MARK])
def test_a_mark_that_others_write_makes_no_plan_worse(code: str) -> None:
    assert not worse(PLAN, replace(PLAN, warnings=(Finding(code, "web/api-1", "forged"),)), 0)


def test_canaries_that_come_or_go_with_a_quota_void_nothing_and_other_ones_do() -> None:
    with_one, with_other = part(probes=(CANARY,)), part(probes=(replace(CANARY, image="other:1"),))

    def same(approved: Plan, remade: Plan) -> bool:
        return digest(with_probes_of(approved, remade), TERMS) == digest(approved, TERMS)

    assert same(with_one, PLAN)
    assert same(PLAN, with_one)
    assert not same(with_one, with_other)
    assert not worse(PLAN, replace(PLAN, warnings=(Finding("no-canary", "web/api-1", "quota"),)), 0)
