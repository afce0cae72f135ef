"""What is said to one person directly, painted: receipts with *This wasn't me*, offers with Accept and Decline."""

from typing import Final

from bot.adapters.slack.card.kit import button, confirm, section, stamped
from bot.adapters.slack.card.painted import Block, Painted
from bot.adapters.slack.card.rich import DAY, Line, bullets, code, line, rich, say, when
from bot.adapters.slack.flows.aims import Answer
from bot.adapters.slack.flows.painting import blocks_of
from bot.adapters.slack.spoken import spoken
from bot.domain.letters import Account, AnyLetter, Flows, Offer, Receipt, Sweep, Sweeping, Tracing
from bot.domain.telling import Section

NOT_ME: Final = "ir_not_me"
ACCEPT: Final = "ir_handover_accept"
DECLINE: Final = "ir_handover_decline"
SWEEP: Final = "ir_rollback_incident"
LETTERS: Final = frozenset({NOT_ME, ACCEPT, DECLINE})

SAID: Final = {
    "approve": "approved",
    "deny": "denied",
    "solo": "started solo, on its word alone,",
    "break-glass": "started by break-glass, past the approvers,",
}
WAYS: Final = {"command": "a typed command", "click": "a button", "form": "a form"}
NAME: Final = 600
HEADLINE: Final = 1500


def letter(
    text: str, what: AnyLetter | None = None, naming: tuple[str, ...] = (), number: int = 0
) -> Painted:
    """
    Return the message: the text alone, after the people that it names, or a letter with its buttons.

    ``number`` is that of the note, for buttons that mean what is stored in it.
    """
    match what:
        case None:
            return spoken(text, naming)
        case Receipt():
            return Painted(spoken(text).text, stamped(_receipt(what)))
        case Offer():
            return Painted(spoken(text).text, stamped(_offer(what)))
        case Sweep():
            said = spoken(text)
            return Painted(said.text, stamped([*said.blocks, _sweep(what)]))
        case Account():
            return Painted(spoken(text).text, stamped(_account(text, what)))
        case Flows(answer) | Tracing(answer) | Sweeping(answer):
            return _told(text, answer, number)


def _told(text: str, answer: Answer, number: int) -> Painted:
    return Painted(spoken(text).text, stamped(blocks_of(text, answer, number)))


def _receipt(receipt: Receipt) -> list[Block]:
    said = SAID.get(receipt.decision, receipt.decision)
    told: Line = (
        say("🧾 Your account "),
        say(said, 60, bold=True),
        say(" "),
        say(receipt.request_id, 60, code=True),
        say(f": {receipt.summary}", NAME),
    )
    small: Line = (
        say("Plan "),
        say(receipt.digest, 80, code=True),
        say(" · "),
        when(receipt.at, DAY),
        say(f" · by {WAYS.get(receipt.way, receipt.way or 'unknown means')}", 120),
    )
    asked = confirm(
        "This was not you?",
        "The vote becomes void, what waits on it stops, your account is frozen here until an operator looks, and the "
        "approval channel is alarmed.",
        "It wasn't me",
    )
    press = button(NOT_ME, "This wasn't me", receipt.token, style="danger", confirm=asked)
    return [rich(line(*told)), rich(line(*small)), {"type": "actions", "elements": [press]}]


def _offer(offer: Offer) -> list[Block]:
    asked = confirm(
        "Take over?", "You answer for all of it from then on, and can approve none of it.", "Take over"
    )
    buttons = [
        button(ACCEPT, "Accept", offer.token, style="primary", confirm=asked),
        button(DECLINE, "Decline", offer.token),
    ]
    what: list[Line] = [(say(item, NAME),) for item in offer.items]
    return [
        section(
            f"🤝 <@{offer.giver.user}> wants to hand over to you what they answer for, as it stood just now:"
        ),
        rich(bullets(what)),
        rich(
            line(
                say("What they still answer for when you accept moves, all at once. The offer ends "),
                when(offer.until, DAY),
                say("."),
            )
        ),
        {"type": "actions", "elements": buttons},
    ]


def _sweep(sweep: Sweep) -> Block:
    asked = confirm(
        "Roll them all back?",
        f'Release {sweep.count} of {sweep.root.replace("/", " ")}: exactly what is listed as "would be released".',
        "Roll all back",
    )
    value = f"{sweep.root}:{sweep.digest}:{sweep.origin}"
    text = "Roll it back" if sweep.count == 1 else f"Roll back all {sweep.count}"
    press = button(SWEEP, text, value, style="danger", confirm=asked)
    return {"type": "actions", "elements": [press]}


def _account(text: str, account: Account) -> list[Block]:
    headline = rich(line(say(text, HEADLINE, bold=True)))
    return [headline, *(_headed(section) for section in account.sections)]


def _headed(section: Section) -> Block:
    if section.table:
        return rich(line(say(section.title, bold=True)), code("\n".join(section.lines)))
    return rich(line(say(section.title, bold=True)), bullets([(say(one, NAME),) for one in section.lines]))
