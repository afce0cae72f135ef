"""An action as people type it after ``/ir``: what the grammar reads, written."""

from bot.domain.actions import Action, SlotKind


def spelled(action: Action) -> str:
    """Return the command that asks for exactly this action, without lease and reason."""
    return " ".join(
        (
            action.word,
            *(
                _slot(action, slot.field, slot.kind, slot.keyword)
                for slot in action.slots
                if action.said(slot.field)
            ),
        )
    )


def _slot(action: Action, field: str, kind: SlotKind, keyword: str) -> str:
    value = getattr(action, field)
    match kind:
        case SlotKind.PODS:
            namespace = next((namespace for namespace, _ in action.places), "")
            value = f"{action.at_cluster}/{namespace}/{','.join(value)}"
        case SlotKind.ADDRESSES | SlotKind.ALLOWED:
            value = ",".join(value)
        case SlotKind.CLUSTER | SlotKind.CHOICE:
            value = str(value)
    return f"{keyword} {value}".strip()
