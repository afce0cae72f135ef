"""Any request that types allow, with hostile text wherever text can stand."""

from datetime import UTC, datetime
from typing import Any

import msgspec
from hypothesis import strategies as st

from bot.domain.actions import OnExpiry
from bot.domain.changes import Contribute, Create, KeyEdit, Patch
from bot.domain.digests import Terms
from bot.domain.documents import Document
from bot.domain.findings import BlastRadius, Finding, Forecast, Unseen, Verdict
from bot.domain.lanes import Operation
from bot.domain.people import Principal
from bot.domain.plans import Commands, Part, Plan, Target
from bot.domain.policy import Need, Requirements
from bot.domain.refs import POD, ArmRef, KubeRef
from bot.domain.requests import (
    Decision,
    Difference,
    Evidence,
    Moment,
    PartRow,
    Release,
    Vote,
    Written,
    state_of,
)
from bot.domain.states import PartState
from bot.engine.reading import Shown
from tests.adapters.slack.staging import DIGEST, GROUP, LONG_NAME, shown

HOSTILE = (
    "<!channel>",
    "<@U0EVIL>",
    "<#C0EVIL>",
    "<http://evil.example|ok>",
    "<!subteam^S0EVIL>",
    "http://evil.example/x",
    "*bold* _it_ ~no~ `code` ```block```",
    ":white_check_mark: approved by @bob",
    "&lt;!here&gt; &amp;amp;",
    "\u202egnp.exe\u2066",
    "line\nbreak\r\n> quote",
    "\x00\x1b[31m\ud800\u200b",
    "evil.example",
    "x" * 3000,
    "",
)
texts = st.one_of(st.sampled_from(HOSTILE), st.text(max_size=8), st.just("<!channel>" * 300))
names = st.one_of(st.sampled_from(("api-7d9f", LONG_NAME, "<!channel>")), st.text(min_size=1, max_size=8))
times = st.datetimes(datetime(2020, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - the bounds of a strategy are naive
people = st.builds(Principal, st.just("T0HOME"), st.from_regex(r"U[A-Z0-9]{1,12}", fullmatch=True))
findings = st.builds(Finding, st.just("code"), st.just("subject"), texts)
kube_refs = st.builds(KubeRef, names, st.just(POD), names, names)
arm_refs = st.builds(ArmRef, texts)
json_texts = texts.map(lambda text: text.replace("\ud800", "?"))
documents = st.dictionaries(json_texts, json_texts, max_size=3).map(Document.of)
changes = st.one_of(
    st.builds(Create, kube_refs, documents),
    st.builds(Contribute, arm_refs, texts),
    st.builds(
        Patch,
        kube_refs,
        texts,
        st.lists(
            st.builds(KeyEdit, st.tuples(texts, texts), st.none() | texts, st.none() | texts), max_size=3
        ).map(tuple),
    ),
)


def several(strategy: st.SearchStrategy[Any], most: int = 4) -> st.SearchStrategy[tuple[Any, ...]]:
    """Return tuples of up to so many."""
    return st.lists(strategy, max_size=most).map(tuple)


targets = st.builds(Target, names, names, names, names, texts, st.just(()), several(st.tuples(texts, texts)))
parts = st.builds(
    Part,
    target=targets,
    lane=names,
    changes=several(changes, 3),
    words=several(texts, 3),
    commands=st.builds(Commands, several(texts, 3), several(texts, 3)),
    forecast=st.sampled_from(Forecast),
    best_verdict=st.sampled_from(("", *Verdict)),
)
radii = st.builds(
    BlastRadius,
    pods=st.integers(0, 20),
    services=several(names, 30),
    ready_left=st.none() | st.integers(0, 9),
    last_ready_replica=st.none() | st.booleans(),
    addresses=st.integers(0, 20),
)
plans = st.builds(
    Plan,
    action=st.just("quarantine-pod"),
    parameters=documents,
    cluster=names,
    cluster_uid=names,
    scope=st.just("cluster"),
    strategy=st.just("network-policy"),
    parts=st.one_of(
        st.lists(parts, min_size=1, max_size=3).map(tuple),
        parts.map(lambda one: (one,) * 20),
    ),
    summary=texts,
    eta=texts,
    forecast=st.sampled_from(Forecast),
    residual=several(findings, 12),
    side_effects=several(findings, 6),
    warnings=several(findings, 6),
    unseen=several(st.builds(Unseen, texts, texts), 6),
    blast_radius=radii,
    reversible=st.booleans(),
)
moments = several(st.builds(Moment, st.sampled_from(PartState), times), 8)
differences = several(
    st.builds(Difference, kube_refs | arm_refs, texts, st.none() | texts, st.none() | texts), 5
)
evidence = several(st.builds(Evidence, st.just("L0"), texts, times), 5)
votes = several(
    st.builds(
        Vote,
        st.just("FB-7K3Q"),
        st.just(DIGEST),
        people,
        st.sampled_from(Decision),
        times,
        several(texts, 2),
        texts,
    ),
    8,
)
requirements = st.builds(
    Requirements,
    needs=several(st.builds(Need, st.integers(1, 9), several(names, 3), texts), 8),
    quorum=st.integers(1, 9),
    mention=several(names),
    because=several(texts),
    approval_expiry=st.integers(60, 9000),
    lease_default=st.just(3600),
    lease_maximum=st.just(86400),
    on_expiry=st.none(),
)
operations = st.none() | st.builds(
    Operation, arm_refs, several(texts), st.sampled_from(("FB-7K3Q", "FB-0000")), times, st.just(()), texts
)


@st.composite
def anything_shown(draw: st.DrawFn) -> Shown:
    """Return a request with anything in it: no combination that types allow may break a card."""
    plan = draw(plans)
    rows = tuple(
        PartRow(
            id=f"FB-7K3Q.{index}",
            request_id="FB-7K3Q",
            index=index,
            part=part,
            state=draw(st.sampled_from(PartState)),
            written=(Written(GROUP, "1"),),
            verdict=draw(st.none() | st.sampled_from(Verdict)),
            evidence=draw(evidence),
            moments=draw(moments),
            drift=draw(differences),
            trouble=draw(texts),
        )
        for index, part in enumerate(plan.parts[:3])
    )
    rows += tuple(
        msgspec.structs.replace(rows[0], index=index, part=part)
        for index, part in enumerate(plan.parts)
        if index >= 3
    )
    whole = shown(
        plan=plan,
        terms=Terms(draw(st.integers(1, 7776000)), draw(st.sampled_from(OnExpiry)), 2),
        requester=draw(people),
        needs=draw(requirements),
        reason=draw(texts),
        revision=draw(st.integers(1, 10**6)),
        changed=draw(several(findings, 6)),
        approved_at=draw(st.none() | times),
        lease_until=draw(st.none() | times),
        release=draw(st.none() | st.builds(Release, st.none() | people, times, texts)),
        votes=draw(votes),
        overdue=draw(st.booleans()),
        operation=draw(operations),
    )
    return msgspec.structs.replace(whole, rows=rows, state=state_of(rows))
