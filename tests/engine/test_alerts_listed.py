"""A list of what was alerted, on a night when one source says more than a list can hold."""

from msgspec.structs import replace

from bot.adapters.store import SqlStore
from bot.domain.alerts import Alert, Severity
from bot.domain.telling import SHOWN, Told
from bot.engine.alerted import MOST, USUAL, _many
from bot.engine.context import Context
from tests.adapters.alerts.made import alert
from tests.engine.looks import told


def said(source: str, number: int, severity: Severity = Severity.CRITICAL) -> Alert:
    """Return an alert that makes a group of its own."""
    return replace(alert(number, rule=f"Rule{number}"), source=source, severity=severity)


def lines(listed: Told, title: str) -> tuple[str, ...]:
    return next((section.lines for section in listed.sections if section.title.startswith(title)), ())


async def test_what_one_source_says_hides_no_other_s_and_what_is_left_out_is_told_by_source(
    store: SqlStore, context: Context
) -> None:
    await told(store, said("falco-prod", 0, Severity.LOW), said("falco-prod", 1, Severity.HIGH))
    await told(store, *(said("noisy", number) for number in range(2, MOST + 100)))
    listed = await _many(context, USUAL)
    firing = lines(listed, "Firing")

    assert [" from falco-prod " in line for line in firing[:4]].count(True) == 2, firing[:4]
    first = next(line for line in firing if " from falco-prod " in line)
    assert "Rule1 " in first, "its worst before what is less"
    assert lines(listed, "Left out") == ("noisy: 100 older groups",)
    assert "100 older groups left out" in listed.headline
    assert listed.file is not None
    assert listed.file.content.count(" from noisy ") == MOST - 2
    assert len(firing) == SHOWN[0] + 1


async def test_a_list_that_holds_all_of_it_leaves_nothing_out(store: SqlStore, context: Context) -> None:
    await told(store, *(said("noisy", number) for number in range(MOST)))
    listed = await _many(context, USUAL)

    assert "left out" not in listed.headline
    assert f"{MOST} groups firing" in listed.headline
    assert lines(listed, "Left out") == ()
