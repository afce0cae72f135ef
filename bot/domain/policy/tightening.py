"""Whether the policy asks more of an open request now than when it was asked: a restart may have changed it."""

from bot.domain.policy.requirements import Need, Requirements


def stricter(now: Requirements, before: Requirements) -> tuple[Need, ...]:
    """Return what is needed now and not met already by whatever votes were enough before."""
    return tuple(need for need in now.needs if not any(_meets(old, need) for old in before.needs))


def tightened(now: Requirements, before: Requirements) -> str:
    """Say what the policy asks for beyond what it asked before; nothing where that is not more."""
    more = [
        f"{need.count} of {' or '.join(need.groups) or 'nobody'} ({need.why})"
        for need in stricter(now, before)
    ]
    return f"the policy was changed and now asks for {', and '.join(more)}" if more else ""


def _meets(old: Need, need: Need) -> bool:
    return old.count >= need.count and set(old.groups) <= set(need.groups)
