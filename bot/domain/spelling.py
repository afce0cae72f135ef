"""An action as people type it after ``/ir``: what the grammar reads, written."""

from bot.domain.actions import Action, Slot, SlotKind


def spelled(action: Action) -> str:
    """Return the command that asks for exactly this action, without lease and reason."""
    if action.composes:
        return " ".join((action.word, *_placed(action), *map(phrase, action.each)))
    said = (slot for slot in action.slots if action.said(slot.field))
    return " ".join((action.word, *(_slot(action, slot) for slot in said)))


def phrase(action: Action) -> str:
    """Return an action as it stands among several: its targets, then what is meant for them alone."""
    thing = action.thing[1]
    said = (slot for slot in action.slots if action.said(slot.field) and slot.kind is not SlotKind.CLUSTER)
    words = " ".join(_slot(action, slot) for slot in sorted(said, key=lambda slot: bool(slot.keyword)))
    return f"{thing}:{words}" if thing else words


def _placed(action: Action) -> tuple[str, ...]:
    """Return the cluster where no target names it."""
    return () if any(namespace for namespace, _ in action.places) else ("cluster", action.at_cluster)


def _slot(action: Action, slot: Slot) -> str:
    value = getattr(action, slot.field)
    match slot.kind:
        case SlotKind.PODS:
            namespace = next((namespace for namespace, _ in action.places), "")
            value = f"{action.at_cluster}/{namespace}/{','.join(value)}"
        case SlotKind.ADDRESSES | SlotKind.ALLOWED:
            value = ",".join(value)
        case SlotKind.CLUSTER | SlotKind.CHOICE | SlotKind.STEPS:
            value = str(value)
    return f"{slot.keyword} {value}".strip()
