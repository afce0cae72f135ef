"""Who asked, why, until when; who may approve, how many are needed and why; who has decided."""

from typing import Final

from bot.adapters.slack.card.alone import unasked
from bot.adapters.slack.card.kit import context, mentions, native, section
from bot.adapters.slack.card.painted import Block, Page
from bot.adapters.slack.card.words import lease
from bot.adapters.slack.commands import Approve
from bot.adapters.slack.text import escape
from bot.adapters.slack.writing import written
from bot.domain import policy as rules
from bot.domain.actions import OnExpiry
from bot.domain.confirmations import confirmation
from bot.domain.digests import short
from bot.domain.requests import Decision, Mode, Vote
from bot.domain.states import FINAL, PartState
from bot.engine.asking import counted

THAWED: Final = (
    "one more approval, by anybody who may: a vote that was on ice counts again, but starts nothing by itself"
)


def asked(page: Page) -> list[Block]:
    """Return requester, reason and lease: one glance while it is open, one small line once it is over."""
    request = page.request
    reason = escape(request.reason, page.room(220)) if request.reason else "no reason given"
    # On a line of its own, or a reason that runs from right to left would reorder what stands beside it.
    who = f"{_asker(page)} {native(request.created_at)}\n{reason}"
    if request.holder is not None and request.requester is None:
        who += f"\n*Held by* <@{request.holder.user}>, who made it last longer"
    elif request.holder is not None:
        who += f"\n*Handed over* to <@{request.holder.user}>, who answers for it now"
    if page.shown.state in FINAL:
        return [context("\n".join([who, *_release(page)]))]
    return [section("\n".join([who, _lease(page), *_release(page)]))]


def _asker(page: Page) -> str:
    """Who asked; what a playbook did by itself names it as the record does, and no person."""
    request = page.request
    if request.requester is not None:
        return f"*Asked by* <@{request.requester.user}>"
    cause = request.cause
    named = (
        f"`{escape(cause.playbook, 70)}`, version {cause.version} ({cause.sha256[:8]})" if cause else "itself"
    )
    return f"*Nobody asked: done by playbook* {named}"


def _lease(page: Page) -> str:
    request = page.request
    how = "then it ends by itself"
    if request.terms.on_expiry == OnExpiry.HOLD:
        how = "then it stays, overdue: no timer releases it"
    if page.shown.overdue:
        return f"*Was for* {lease(request.terms.lease)}"
    if request.lease_until is not None:
        return f"*Until* {native(request.lease_until)}, {how}"
    return f"*For* {lease(request.terms.lease)} from the first accepted write, {how}"


def _release(page: Page) -> list[str]:
    release = page.request.release
    if release is None:
        return []
    who = f"by <@{release.by.user}>" if release.by else "by the end of the lease"
    why = f": {escape(release.reason, page.room(400))}" if release.reason else ""
    return [f"*Rollback asked* {who} {native(release.at)}{why}"]


def approval(page: Page) -> list[Block]:
    """Return who may approve and what is still needed while it is open, and the votes at all times."""
    blocks = [section(_wanted(page))] if page.shown.state is PartState.PROPOSED else []
    votes = [_vote(page, vote) for vote in page.shown.votes if vote.void or not _alone(page, vote)]
    if votes:
        kept = votes[: max(2, page.room(6))]
        left = len(votes) - len(kept)
        blocks.append(section("\n".join([*kept, *([f"… {left} more: {page.more}"] if left else [])])))
    return blocks


def _wanted(page: Page) -> str:
    request = page.request
    if request.mode is not Mode.QUORUM:
        return unasked(page)
    left = rules.missing(request.needs, request.requester, counted(page.shown.counting), request.holder)
    who = mentions(page.approvers, page.room(700)) or "whoever the policy names"
    wanted = "; ".join(_need(need) for need in left[: max(2, page.room(5))])
    until = "" if page.preview else f" · *open until* {native(request.expires_at)}"
    held = " or holds it" if request.holder else ""
    lines = [f"*Needs* {wanted or THAWED}{until}", f"*May approve:* {who}; never who asked{held}"]
    because = "; ".join(request.needs.because)
    if because:
        lines.append(f"*More than usual because* {escape(because, page.room(300))}")
    return "\n".join(lines)


def _need(need: rules.Need) -> str:
    groups = escape(", ".join(need.groups), 120) or "nobody"
    return f"{need.count} more of {groups} ({escape(need.why, 160)})"


def _alone(page: Page, vote: Vote) -> bool:
    """Whether it is the one person's word that this runs on, of which the card speaks elsewhere."""
    return page.request.mode is not Mode.QUORUM and vote.voter == page.request.requester


def _vote(page: Page, vote: Vote) -> str:
    if vote.voided_at is not None:
        said = "approval" if vote.decision is Decision.APPROVE else "denial"
        when = f"{native(vote.at)}, disowned {native(vote.voided_at)}"
        return f"⚠️ *Void:* the {said} by <@{vote.voter.user}> {when}: not their own, it counts no more"
    if vote.decision is Decision.APPROVE and vote in page.shown.frozen and _open(page):
        when = native(vote.at)
        return f"❄️ *On ice:* the approval by <@{vote.voter.user}> {when}: the account is frozen, so it does not count"
    if vote.decision is Decision.APPROVE:
        return f"✅ *Approved* by <@{vote.voter.user}> {native(vote.at)}"
    why = escape(vote.reason, page.room(250)) or "no reason"
    return f"🚫 *Denied* by <@{vote.voter.user}> {native(vote.at)}: {why}"


def _open(page: Page) -> bool:
    """Before the first write the votes are counted once more; what ran is not undone by a later freeze."""
    return page.shown.state in {PartState.PROPOSED, PartState.APPROVED}


def identity(page: Page) -> list[Block]:
    """Return the small print: id, digest, revision, policy, and the typed way to say yes."""
    request = page.request
    plan, name = short(request.digest), escape(request.id, 60)
    told = f"{name} · plan `{escape(plan)}` · revision {request.revision} · policy {escape(request.policy_hash[:8])}"
    if request.incident:
        told += f" · incident {escape(request.incident, 40)}"
    if page.shown.state is PartState.PROPOSED and not page.preview and request.mode is Mode.QUORUM:
        told += f" · typed: /ir {escape(written(Approve(request.id, plan, confirmation(request.plan))), 420)}"
    return [context(told)]
