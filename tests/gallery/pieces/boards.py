"""Cards of alerts: what fires, what is known of it, what could be done, and what becomes of it."""

from collections.abc import Iterator, Mapping
from datetime import timedelta

from bot.adapters.alerts.naming import Naming
from bot.adapters.slack.board import paint_board
from bot.adapters.slack.letters import letter
from bot.domain.alerts import Link, Role, Status, SubjectKind
from bot.domain.alerts.grouping import Named
from bot.domain.alerts.posts import Misfit
from bot.domain.alerts.subjects import doubt
from bot.domain.effects import known
from bot.domain.findings import Forecast, Refusal, Verdict
from bot.domain.letters import Account
from bot.domain.requests import PartRow
from bot.domain.states import PartState
from bot.domain.suggestions import Board, Resolved, Standing, Suggested
from bot.engine.alerted import sections
from bot.engine.takings import Taken
from tests.adapters.slack import boarded as made
from tests.adapters.slack.staging import NOW, address_part, plan_of, pod_part
from tests.gallery.piece import Piece
from tests.gallery.pieces.answers import whisper

FB = "FB-7K3Q"


def pieces() -> Iterator[Piece]:
    """Return the cards."""
    alt = (
        "One alert, what the cluster knows of it, and steps that can be asked for one by one or as one plan."
    )
    yield _piece("board-one", alt, _whole())
    yield _piece("board-new", "The first second of an alert: nobody has looked yet.", _new())
    yield _piece("board-storm", "A thousand alerts about fifty pods, one of them gone.", made.storm())
    yield _piece(
        "board-absent",
        "An alert about a pod that is not there, and an address that is a Service's.",
        _absent(),
    )
    taken = {FB: Taken(PartState.APPLIED, Verdict.CONTAINED)}
    yield _piece("board-asked", "One step was asked for, and it stands.", _asked(), taken)
    yield _piece(
        "board-loose", "A pod of which a request is on record that does not hold it any more.", _loose()
    )
    yield _piece("board-elsewhere", "An alert of prod's own source that names another cluster.", _elsewhere())
    yield _piece("board-left-out", "A post out of which its sender left alerts.", _left_out())
    yield _piece("board-resolved", "The alert is over, and what was done stays.", _resolved(), taken)
    yield _piece("board-dismissed", "A suggestion that somebody did not want.", _dismissed())
    yield _piece(
        "board-muted",
        "A rule that somebody muted.",
        made.board(muted=made.muted(), suggestions=(made.suggestion(made.blocking()),)),
    )
    told = sections(made.board(), (), (_misfit(),))
    answer = letter(told.headline, Account(told.sections))
    yield whisper("answer-alerts", "All of a group, for the one who asked.", answer)
    yield _piece(
        "board-hostile", "Names that try to be mark-up, and an address that hides its host.", _hostile()
    )


def _piece(name: str, alt: str, board: Board, taken: Mapping[str, Taken] | None = None) -> Piece:
    painted = paint_board(board, NOW, taken)
    return Piece(name, "message", {"text": painted.text, "blocks": painted.blocks}, alt)


def _misfit() -> Misfit:
    why = "Expected `str`, got `int`"
    return Misfit("am-prod", "$.alerts[0].labels.alertname", why, '{"version": "4", "alerts": [{', NOW)


def _whole() -> Board:
    every = plan_of(pod_part(made.POD), address_part("203.0.113.66"), action="contain")
    whole = Suggested("All of it", "contain", plan=every, digest="0" * 12)
    return made.board(suggestions=(made.suggestion(whole=whole),))


def _new() -> Board:
    return made.board(resolved=(), looked_at=None, suggestions=())


def _absent() -> Board:
    service = made.BEACON
    found = (
        Resolved(made.pod(), Standing.ABSENT, "there is no such pod in prod now"),
        Resolved(service, Standing.FOUND, "a Service's address: default/checkout", ours=True),
    )
    refusal = Refusal(
        "own-address",
        "203.0.113.66 is the Service default/checkout of prod",
        "Contain the pods behind it instead.",
    )
    steps = (
        made.confirm(),
        made.blocking(plan=None, digest="", refusal=refusal),
        Suggested("Cut the pod off", "quarantine-pod", why="payments/checkout-7d9f-x2x1 is not there"),
    )
    return made.board(resolved=found, suggestions=(made.suggestion(*steps),))


def _asked() -> Board:
    steps = (made.blocking(), made.cutting(request_id=FB))
    return made.board(suggestions=(made.suggestion(*steps),))


def _resolved() -> Board:
    over = made.alert(status=Status.RESOLVED, ended=NOW)
    about = made.group(newest=over, total=3, resolved=3, updated_at=NOW - timedelta(minutes=1))
    return made.board(about, suggestions=_asked().suggestions)


def _loose() -> Board:
    row = PartRow(f"{FB}-0", FB, 0, pod_part(made.POD), PartState.TAMPERED)
    was = known(row)
    there = "Pod on aks-pool1-000001, of Deployment checkout"
    found = (
        Resolved(made.pod(), Standing.FOUND, f"{was.text}. {was.remedy}; {there}", loose=FB),
        Resolved(made.BEACON, Standing.FOUND, "outside of the clusters"),
    )
    return made.board(resolved=found)


def _elsewhere() -> Board:
    told = Naming("prod")
    told.of_cluster("staging")
    told.add(SubjectKind.POD, made.POD, "payments")
    told.add(SubjectKind.ADDRESS, made.BEACON.name, role=Role.DESTINATION)
    named = told.subjects
    newest = made.alert(subjects=named, unread=told.unread)
    pods = tuple(each for each in named if each.kind is not SubjectKind.CLUSTER)
    about = made.group(
        *(Named(each, 1) for each in named), newest=newest, cluster=pods[0].cluster, unread=told.unread
    )
    found = tuple(Resolved(each, Standing.UNKNOWN, doubt(each.cluster)) for each in pods)
    why = doubt(pods[0].cluster)
    steps = (
        Suggested("Deny the address at the firewall", "block-address", why=why),
        Suggested("Cut the pod off", "quarantine-pod", why=why),
    )
    return made.board(about, resolved=found, suggestions=(made.suggestion(*steps),))


def _left_out() -> Board:
    return made.board(made.group(Named(made.pod(), 1), Named(made.BEACON, 1), total=2, left_out=17))


def _dismissed() -> Board:
    one = made.suggestion(
        dismissed_by=made.ALICE,
        dismissed_at=NOW,
        reason="the supplier's health check, see INC-4: same address since May",
    )
    return made.board(suggestions=(one,))


def _hostile() -> Board:
    evil = "<!channel> *bold* `code` <http://evil.example|ok>"
    newest = made.alert(
        title=evil,
        summary=f"{evil} \\u202e :fire: approved by @bob " * 4,
        unread=(f"pod: {evil}",),
        links=(
            Link("Dashboard", "https://grafana.example@evil.example/d/abc"),
            Link("Source", "https://grafana.example.evil.example/" + "d" * 300),
        ),
    )
    named = made.pod("a" * 253)
    plan = plan_of(pod_part("a" * 253), summary=evil, forecast=Forecast.NOT_ENFORCED, reversible=False)
    steps = (
        Suggested(
            evil, commands=tuple(f"kubectl -n payments delete pod {evil} {n}" for n in range(9)), more=41
        ),
        made.cutting(title=evil, plan=plan),
    )
    about = made.group(Named(named, 1), newest=newest, rule=f"{evil} {'R' * 150}")
    seen = (Resolved(named, Standing.FOUND, evil * 3),)
    return made.board(about, resolved=seen, suggestions=(made.suggestion(*steps, title=evil, about=evil),))
