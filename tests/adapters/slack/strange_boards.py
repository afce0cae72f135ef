"""Any board that types allow, with hostile text wherever text can stand."""

from hypothesis import strategies as st

from bot.domain.alerts import Alert, Link, Role, Severity, Status, Subject, SubjectKind
from bot.domain.alerts.grouping import Group, Named
from bot.domain.findings import Forecast, Refusal, Verdict
from bot.domain.states import PartState
from bot.domain.suggestions import Board, Mute, Resolved, Standing, Suggested, Suggestion
from bot.engine.takings import Taken
from tests.adapters.slack.staging import plan_of
from tests.adapters.slack.strange import findings, names, people, radii, several, texts, times

HEX = "0123456789abcdef"
links = st.builds(
    Link,
    texts,
    st.one_of(
        texts,
        st.sampled_from(
            (
                "https://grafana.example@evil.example/",
                "https://grafana.example/d/1?from=now-1h&to=now",
                "javascript:alert(1)",
                "http://[::1]:8080/x",
                "https://" + "a" * 1990,
                "https:///evil.example",
                "https://evil%2eexample/",
            )
        ),
    ),
)
subjects = st.builds(
    Subject,
    st.sampled_from(SubjectKind),
    names,
    names | st.just(""),
    names | st.just(""),
    st.sampled_from(Role),
    texts,
)
alerts = st.builds(
    Alert,
    source=names,
    kind=st.sampled_from(("alertmanager", "falco", "<!here>")),
    rule=texts,
    severity=st.sampled_from(Severity),
    status=st.sampled_from(Status),
    started=times,
    fingerprint=st.just("f"),
    title=texts,
    summary=texts,
    unread=several(texts),
    links=several(links, 8),
)


@st.composite
def groups(draw: st.DrawFn) -> Group:
    total = draw(st.integers(1, 10**6))
    return Group(
        id="g-0123456789abcdef",
        key="k",
        source=draw(names),
        kind=draw(st.sampled_from(("alertmanager", "<!here>"))),
        rule=draw(texts),
        severity=draw(st.sampled_from(Severity)),
        opened_at=draw(times),
        updated_at=draw(times),
        newest=draw(alerts),
        cluster=draw(names | st.just("")),
        namespace=draw(names | st.just("")),
        total=total,
        resolved=draw(st.integers(0, total)),
        named=draw(several(st.builds(Named, subjects, st.integers(1, 10**6)), 12)),
        unread=draw(several(texts, 20)),
        unread_more=draw(st.sampled_from((0, 10**6))),
        left_out=draw(st.sampled_from((0, 10**6))),
        others=draw(st.integers(0, 10**6)),
    )


plans = st.builds(
    plan_of,
    summary=texts,
    forecast=st.sampled_from(Forecast),
    residual=several(findings, 4),
    blast_radius=radii,
    reversible=st.booleans(),
)
asked = st.sampled_from(("", "FB-7K3Q", "FB-0000"))
steps = st.one_of(
    st.builds(
        Suggested,
        texts,
        st.sampled_from(("quarantine-pod", "odd")),
        st.none(),
        plans,
        st.just("0" * 12),
        request_id=asked,
    ),
    st.builds(
        Suggested, texts, st.just("block-address"), refusal=st.builds(Refusal, st.just("no"), texts, texts)
    ),
    st.builds(Suggested, texts, commands=several(texts, 8), more=st.integers(0, 1000)),
    st.builds(Suggested, texts, why=texts),
)
suggestions = st.builds(
    Suggestion,
    id=st.text(HEX, min_size=16, max_size=16).map("s-{}".format),
    group_id=st.just("g-0123456789abcdef"),
    playbook=names,
    version=st.integers(1, 10**6),
    sha256=st.just("ab" * 32),
    title=texts,
    made_at=times,
    steps=several(steps, 3),
    about=texts,
    whole=st.none() | steps,
    dismissed_by=st.none() | people,
    dismissed_at=st.none() | times,
    reason=texts,
)


@st.composite
def boards(draw: st.DrawFn) -> Board:
    return Board(
        group=draw(groups()),
        resolved=draw(
            several(st.builds(Resolved, subjects, st.sampled_from(Standing), texts, st.booleans()), 12)
        ),
        looked_at=draw(st.none() | times),
        suggestions=draw(several(suggestions, 4)),
        passed=draw(several(texts, 12)),
        muted=draw(st.none() | st.builds(Mute, texts, times, people, times, texts)),
    )


takens = st.dictionaries(
    st.sampled_from(("FB-7K3Q", "FB-0000")),
    st.builds(Taken, st.sampled_from(PartState), st.none() | st.sampled_from(Verdict), st.booleans()),
)
