"""Whether an address is seen to be nobody's of ours, asked for the very decision to block it without a person."""

from bot.domain.actions import Action
from bot.domain.alerts import Alert, Subject, SubjectKind
from bot.domain.findings import Refusal
from bot.domain.playbooks.auto import BY_HAND
from bot.domain.suggestions import Resolved, Standing
from bot.engine.context import Context
from bot.engine.lookups import looked_up


async def outside(context: Context, alert: Alert, action: Action) -> Refusal | None:
    """
    Return why an address that the action is about is not touched; ``None`` where every one was seen to be outside.

    Asked are the clusters that the alert could mean, and the one that the action is done in.
    """
    names = {name for namespace, name in action.places if not namespace}
    if not names:
        return None
    named = [each for each in alert.of(SubjectKind.ADDRESS) if each.name in names]
    here = [Subject(SubjectKind.ADDRESS, name, cluster=action.at_cluster) for name in sorted(names)]
    found = await looked_up(context, tuple(dict.fromkeys((*named, *here))))
    if found is None:
        return _unknown("the clusters did not say in time whose it is")
    return next((why for each in found if (why := _not_outside(each)) is not None), None)


def _not_outside(found: Resolved) -> Refusal | None:
    if found.ours:
        return Refusal("address-ours", f"{found.subject.name} is not outside: {found.text}", BY_HAND)
    if found.standing is not Standing.FOUND:
        return _unknown(f"{found.subject.name}: {found.text}")
    return None


def _unknown(why: str) -> Refusal:
    return Refusal("auto-unknown", why, BY_HAND)
