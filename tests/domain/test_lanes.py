"""
A shared thing holds exactly what is wanted and what is foreign, whatever happens in between.

The model keeps two sets of its own, what stands there and what others put there, and follows the lane's
protocol: with every rendering, sent or not, the ledger learns what is foreign and what is wanted counts as
sent; a withdrawn entry whose end was read back is dropped. A write may end unseen, taken or not, or be refused for
certain, after which what was wanted and never sent before may be given up.
"""

from datetime import UTC, datetime
from enum import Enum, auto

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from bot.domain.lanes import Contribution, Lane, Ledger, Operation, newly_sent, normal, render, unsent
from bot.domain.refs import ArmRef

THING, OTHER = ArmRef("/ipGroups/a"), ArmRef("/ipGroups/b")
ENTRIES = ("1.1.1.1", "2.2.2.0/24", "3.3.3.3-3.3.3.9", "4.4.4.4")
SPELLED = {"1.1.1.1": "1.1.1.1/32", "3.3.3.3-3.3.3.9": "3.3.3.3 - 3.3.3.9"}
ANY = st.sampled_from(ENTRIES)
NOW = datetime(2026, 1, 1, tzinfo=UTC)


class End(Enum):
    """What becomes of a write, and who knows."""

    READ_BACK = auto()
    TAKEN_UNSEEN = auto()
    LOST = auto()
    REFUSED = auto()


class SharedThing(RuleBasedStateMachine):
    """Requests and colleagues at one IP Group."""

    def __init__(self) -> None:
        super().__init__()
        self.standing: tuple[str, ...] = ()
        self.foreign: set[str] = set()
        self.learned: set[str] = set()
        self.lane = Lane("azure:x")
        self.mine: dict[str, Contribution] = {}
        self.count = 0
        self.fresh = False

    def _holds(self) -> set[str]:
        return {normal(entry) for entry in self.standing}

    def _wanted(self) -> set[str]:
        return {c.entry for c in self.mine.values() if c.wanted}

    @rule(entry=ANY)
    def contribute(self, entry: str) -> None:
        self.count += 1
        made = Contribution(f"c{self.count}", f"p{self.count}", self.lane.key, THING, entry)
        self.mine[made.id] = made
        self.fresh = False

    @precondition(lambda self: any(c.wanted for c in self.mine.values()))
    @rule(choice=st.integers(0, 9))
    def withdraw(self, choice: int) -> None:
        active = [c for c in self.mine.values() if c.wanted]
        gone = active[choice % len(active)]
        self.mine[gone.id] = msgspec.structs.replace(gone, wanted=False, settled=False)
        self.fresh = False

    @rule(entry=ANY)
    def others_add(self, entry: str) -> None:
        """Putting what stands there already is no change; what we asked for can't be told from ours."""
        if entry in self._holds():
            return
        self.standing = (*self.standing, SPELLED.get(entry, entry))
        sent = any(c.sent and c.entry == entry for c in self.mine.values())
        if not sent or entry in self.learned:
            self.foreign.add(entry)
        self.fresh = False

    @rule(entry=ANY)
    def others_remove(self, entry: str) -> None:
        self.standing = tuple(e for e in self.standing if normal(e) != entry)
        self.foreign.discard(entry)
        self.fresh = False

    @rule(end=st.sampled_from(End))
    def write(self, end: End) -> None:
        """Commit the intent and write; then read back, or never learn of it, or be refused."""
        made = render(self.standing, self.lane.ledger(THING), self.mine.values())
        self.lane = self.lane.learned(Ledger(THING, made.foreign))
        self.learned = set(made.foreign)
        first = newly_sent(THING, self.mine.values())
        self.mine |= {c.id: c for c in first}
        assert all(c.sent for c in self.mine.values() if c.wanted)
        assert made.changed == (made.entries != self.standing)
        operation = Operation(
            THING, made.entries, "o", NOW, tuple(self.mine), first=tuple(c.id for c in first)
        )
        if end is End.REFUSED:
            self.mine |= {c.id: c for c in unsent(operation, self.mine.values())}
        elif end is not End.LOST:
            self.standing = made.entries
        if end is End.READ_BACK:
            self.mine = {
                c.id: msgspec.structs.replace(c, settled=True) for c in self.mine.values() if c.wanted
            }
            self.fresh = True

    @precondition(lambda self: any(not c.sent for c in self.mine.values()))
    @rule()
    def give_up(self) -> None:
        """What never was in a write that may have been taken needs none to go."""
        self.mine = {c.id: c for c in self.mine.values() if c.sent}
        self.fresh = False

    @invariant()
    def nothing_foreign_is_ever_lost(self) -> None:
        assert self.foreign <= self._holds()

    @invariant()
    def nothing_of_ours_is_ever_taken_for_foreign(self) -> None:
        seen = render(self.standing, self.lane.ledger(THING), self.mine.values())
        assert set(seen.foreign) == self.foreign

    @invariant()
    def after_a_write_there_is_exactly_what_is_wanted_and_what_is_foreign(self) -> None:
        if self.fresh:
            assert self._holds() == self._wanted() | self.foreign
            assert len(self.standing) == len(self._holds())

    @invariant()
    def writing_twice_is_writing_once(self) -> None:
        if self.fresh:
            again = render(self.standing, self.lane.ledger(THING), self.mine.values())
            assert not again.changed
            assert again.entries == self.standing


SharedThing.TestCase.settings = settings(max_examples=200, stateful_step_count=30, deadline=None)
TestSharedThing = SharedThing.TestCase


def wanted(entry: str, **more: bool) -> Contribution:
    return Contribution(f"c-{entry}", "p", "l", THING, entry, **more)


def test_one_address_of_two_requests_stays_until_both_have_let_go() -> None:
    first, second = wanted("1.1.1.1", sent=True, settled=True), wanted("1.1.1.1", sent=True, settled=True)
    gone = msgspec.structs.replace(first, wanted=False)

    assert render(("1.1.1.1",), Ledger(THING), (gone, second)).entries == ("1.1.1.1",)
    also = msgspec.structs.replace(second, wanted=False)
    assert render(("1.1.1.1",), Ledger(THING), (gone, also)).entries == ()


def test_an_address_that_a_colleague_had_there_before_stays_after_we_let_go() -> None:
    ours = wanted("1.1.1.1", sent=True, wanted=False)

    kept = render(("1.1.1.1/32",), Ledger(THING, ("1.1.1.1",)), (ours,))
    assert kept.entries == ("1.1.1.1/32",)
    assert not kept.changed


def test_what_an_earlier_write_held_stays_ours_when_the_next_one_is_refused() -> None:
    earlier, fresh = wanted("1.1.1.1", sent=True), wanted("4.4.4.4")
    first = newly_sent(THING, (earlier, fresh))
    operation = Operation(THING, (), "o", NOW, (earlier.id, fresh.id), first=tuple(c.id for c in first))

    assert [c.id for c in first] == [fresh.id]
    assert unsent(operation, (earlier, *first)) == (fresh,)
    assert render(("1.1.1.1",), Ledger(THING), (earlier, fresh)).foreign == ()


def test_an_entry_of_ours_that_somebody_took_out_is_named() -> None:
    made = render((), Ledger(THING), (wanted("1.1.1.1", sent=True, settled=True),))

    assert made.vanished == ("1.1.1.1",)
    assert made.entries == ("1.1.1.1",)


def test_contributions_to_another_thing_are_passed_over() -> None:
    other = Contribution("c", "p", "l", OTHER, "1.1.1.1")

    assert render(("2.2.2.2",), Ledger(THING), (other,)).entries == ("2.2.2.2",)


@given(st.permutations(ENTRIES))
def test_what_is_added_does_not_depend_on_the_order_of_requests(entries: list[str]) -> None:
    assert render(("9.9.9.9",), Ledger(THING), map(wanted, entries)).entries == ("9.9.9.9", *sorted(ENTRIES))


def test_a_lane_keeps_one_ledger_for_each_thing() -> None:
    lane = (
        Lane("l").learned(Ledger(THING, ("a",))).learned(Ledger(OTHER, ("b",))).learned(Ledger(THING, ("c",)))
    )

    assert lane.ledger(THING).foreign == ("c",)
    assert lane.ledger(OTHER).foreign == ("b",)
    assert lane.ledger(ArmRef("/new")).foreign == ()
    assert len(lane.ledgers) == 2
