"""What a search box offers: names from memory with their age, to those who may read, and to nobody else."""

import dataclasses
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.adapters.slack.form import ids
from bot.adapters.slack.form.suggesting import LONGEST_QUERY, UNKNOWN_TEXT, best, suggestions
from bot.domain.people import Principal
from bot.domain.queries import Answer, Each, Listing, Query, Unavailable
from bot.domain.views import Meta, PodView
from bot.engine.names import LATELY, MOST_READERS, STALE, TRUSTED, Names, Sighting, kept
from bot.sandbox.slack.blockkit import menu_problems
from tests.adapters.slack.office import ALICE, BOB, Office

GUEST = Principal("T0HOST", "U0GUEST")
STRANGER = Principal("T0OTHER", "U0STRANGER")


class Pods:
    """A world with nothing but pods in it; ``down`` says that it does not answer."""

    def __init__(self, *paths: str) -> None:
        self.paths: Sequence[str] = paths
        self.down = ""
        self.asked = 0

    async def answer(self, query: Query) -> Answer:
        assert isinstance(query, Each)
        self.asked += 1
        if self.down:
            return Unavailable(self.down)
        metas = (Meta(name=p.partition("/")[2], namespace=p.partition("/")[0]) for p in self.paths)
        return Listing(tuple(PodView(meta) for meta in metas))


@pytest.fixture
def pods() -> Pods:
    return Pods("payments/api-7d9f-x2x4z", "payments/web-5c-abcde", "kube-system/coredns-1-aaaaa")


@pytest.fixture
def names(office: Office, pods: Pods) -> Names:
    return Names(dataclasses.replace(office.desk.context, world=pods), office.turned)


def offered(names: Names, person: Principal | None, query: str = "", field: str = ids.SEARCH) -> Any:
    answer = suggestions(names, person, field, query)
    assert not menu_problems(answer), menu_problems(answer)
    groups = answer.get("option_groups") or [{"label": {"text": ""}, "options": answer["options"]}]
    return {g["label"]["text"]: [option["value"] for option in g["options"]] for g in groups}


def hint(names: Names, person: Principal | None, field: str = ids.SEARCH) -> str:
    (option,) = suggestions(names, person, field, "api")["options"]
    assert option["value"] == ids.UNKNOWN
    return str(option["text"]["text"])


async def test_pods_are_offered_with_their_age_to_those_who_may_read(office: Office, names: Names) -> None:
    names.wanted(ALICE)
    await names.turn()
    office.turned.now += 12

    assert offered(names, ALICE, "api") == {"prod · as of 12 s ago": ["prod/payments/api-7d9f-x2x4z"]}
    assert offered(names, ALICE, "prod pay web")["prod · as of 12 s ago"] == ["prod/payments/web-5c-abcde"]
    assert offered(names, ALICE, "PAYMENTS/api")["prod · as of 12 s ago"] == ["prod/payments/api-7d9f-x2x4z"]
    assert len(offered(names, ALICE)["prod · as of 12 s ago"]) == 3
    assert offered(names, ALICE, "nothing") == {"": [ids.UNKNOWN]}
    assert offered(names, ALICE, "pr", ids.SEARCH_CLUSTER) == {"": ["prod"]}


async def test_before_it_is_known_who_somebody_is_nothing_is_offered(names: Names, pods: Pods) -> None:
    assert hint(names, ALICE) == UNKNOWN_TEXT
    assert hint(names, ALICE, ids.SEARCH_CLUSTER) == UNKNOWN_TEXT
    assert hint(names, None) == UNKNOWN_TEXT
    assert pods.asked == 0

    await names.turn()  # the search itself has made it ask

    assert offered(names, ALICE, "api") == {"prod · as of 0 s ago": ["prod/payments/api-7d9f-x2x4z"]}


@pytest.mark.parametrize(
    "person", [GUEST, STRANGER, Principal("T0HOST", "U0LEFT"), Principal("T0HOST", "U0NOBODY")]
)
async def test_guests_strangers_and_the_unknown_are_offered_nothing(
    names: Names, pods: Pods, person: Principal
) -> None:
    names.wanted(person)
    await names.turn()
    assert pods.asked == 0  # nobody who may read has a form open
    names.wanted(ALICE)
    await names.turn()

    assert names.of("prod") is not None
    assert hint(names, person) == UNKNOWN_TEXT
    assert hint(names, person, ids.SEARCH_CLUSTER) == UNKNOWN_TEXT


async def test_a_decision_is_believed_for_a_minute_and_no_longer_while_slack_is_away(
    office: Office, names: Names
) -> None:
    names.wanted(ALICE)
    await names.turn()
    office.workspace.faults.down = True
    office.turned.now += TRUSTED - 1
    assert "prod · as of 59 s ago" in offered(names, ALICE, "api")

    office.turned.now += 1
    await names.turn()

    assert hint(names, ALICE) == UNKNOWN_TEXT


async def test_who_leaves_the_group_is_offered_nothing_after_half_a_minute(
    office: Office, names: Names
) -> None:
    names.wanted(ALICE)
    await names.turn()
    group = office.workspace.world.groups["S0ONCALL"]
    office.workspace.world.add_group(dataclasses.replace(group, users=("U0BOB",)))
    office.turned.now += 31
    await names.turn()

    assert hint(names, ALICE) == UNKNOWN_TEXT


async def test_names_that_are_stale_or_could_not_be_read_are_not_offered(
    office: Office, names: Names, pods: Pods
) -> None:
    pods.down = "timeout"
    names.wanted(ALICE)
    await names.turn()
    assert offered(names, ALICE, "api") == {"prod · not known yet, type it": [ids.UNKNOWN]}

    pods.down = ""
    office.turned.now += 16
    await names.turn()
    pods.down = "timeout"
    for _ in range(9):
        office.turned.now += 15
        names.wanted(ALICE)
        await names.turn()

    assert office.turned() - 1_800_000_016 > STALE
    assert offered(names, ALICE, "api") == {"prod · not known yet, type it": [ids.UNKNOWN]}


async def test_a_cluster_is_listed_only_while_somebody_searches_and_not_too_often(
    office: Office, names: Names, pods: Pods
) -> None:
    await names.turn()
    assert pods.asked == 0
    names.wanted(ALICE)
    await names.turn()
    await names.turn()
    assert pods.asked == 1
    office.turned.now += LATELY
    await names.turn()

    assert pods.asked == 1
    assert names.of("prod") is None


async def test_no_more_people_are_remembered_than_the_bound(names: Names) -> None:
    for number in range(MOST_READERS + 50):
        names.wanted(Principal("T0HOST", f"U0X{number}"))

    assert len(names._asked) == MOST_READERS


def test_twenty_thousand_pods_are_kept_and_the_rest_is_counted() -> None:
    pods, more = kept(f"ns/pod-{n}" for n in range(20_007))

    assert (len(pods), more) == (20_000, 7)


paths = st.lists(
    st.from_regex(r"[a-z0-9-]{1,63}/[a-z0-9.-]{1,253}", fullmatch=True), max_size=150, unique=True
)


@given(paths, st.text(max_size=LONGEST_QUERY), st.integers(0, 100))
def test_what_is_offered_matches_fits_an_option_and_is_no_more_than_there_is_room(
    found: list[str], query: str, room: int
) -> None:
    words = query.casefold().replace("/", " ").split()
    chosen = best(Sighting("prod", 0.0, tuple(sorted(found))), words, room)

    assert len(chosen) <= room
    assert len(set(chosen)) == len(chosen)
    assert set(chosen) <= set(found)
    for path in chosen:
        assert len(f"prod/{path}") <= 150
        assert all(word in f"prod/{path}" for word in words)


async def test_never_more_than_a_hundred_options_whatever_the_names(
    office: Office, names: Names, pods: Pods
) -> None:
    pods.paths = [f"{'n' * 63}/{'p' * 60}-{number:05}" for number in range(3000)]
    names.wanted(BOB)
    await names.turn()

    (values,) = offered(names, BOB, "p").values()
    assert len(values) == 100
