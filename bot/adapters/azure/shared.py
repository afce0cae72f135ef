"""
IP Groups, written as a whole by operations that take minutes.

Only the group's own state keeps a write back: IP Groups update beside each other and beside their policies and
firewalls ("IP Groups in Azure Firewall", parallel updates). What Azure must do one at a time it answers with 409.
"""

from collections.abc import Sequence

from bot.adapters.azure.arm import Arm, Reply
from bot.adapters.azure.errors import NO_ANSWER, correlation, said
from bot.adapters.azure.facts import scope_of, standing_part
from bot.adapters.azure.groups import asking_for, holds_exactly, view
from bot.adapters.azure.ids import LONGEST_URL
from bot.adapters.azure.surroundings import disagreeing, look_around, rests
from bot.adapters.azure.tokens import Token
from bot.adapters.azure.words import plain
from bot.domain.arm import IpGroup
from bot.domain.errors import BusyError, ConflictError, DeniedError, UnknownOutcomeError
from bot.domain.refs import ArmRef
from bot.ports import Progress, SharedSight
from bot.settings import AzureSettings


class ArmShared:
    """``SharedThings`` over the IP Groups that the settings name; no other group is ever written."""

    def __init__(self, arm: Arm, settings: AzureSettings) -> None:
        self._arm, self._settings = arm, settings

    async def read(self, thing: ArmRef) -> SharedSight:
        """Read the group. Raises ``OutsideError``; a group that does not exist is ``DeniedError``."""
        return _sight(await self._get(thing), thing)

    async def start(self, thing: ArmRef, entries: Sequence[str], version: str, request_id: str) -> str:
        """
        Ask for exactly these entries, sent once; return the operation's token. What is there already is not sent.

        The group is read afresh: a version other than ``version`` is a ``ConflictError``, an update that runs is a
        ``BusyError``. An answer without an operation says nothing for certain: ``UnknownOutcomeError``.
        """
        self._ours(thing)
        fresh = await self._get(thing)
        standing = _sight(fresh, thing)
        if standing.version != version:
            raise ConflictError("Changed", f"{thing} was written by somebody else since it was read")
        if not standing.ready:
            raise BusyError("Updating", f"{thing} is being updated by somebody else")
        if holds_exactly(standing.entries, entries):
            return Token(url="", thing=thing.id, request=request_id).text
        wanted = asking_for(fresh.body, entries)
        return _token(await self._arm.put(thing, wanted, fresh.etag, request_id), thing, request_id)

    async def poll(self, token: str) -> Progress:
        """
        Ask once how the operation stands.

        Raises ``ValueError`` for a token that is not ours or names another host. ``UnknownOutcomeError`` says that
        the operation cannot be asked any more (``OperationGone``, ``OperationUnreadable``) or that no answer came
        this time (``NoAnswer``).
        """
        known = Token.read(token)
        if not known.url:
            return Progress(done=True)
        try:
            reply = await self._arm.follow(known.url, known.request)
        except DeniedError as denied:
            raise UnknownOutcomeError("OperationUnreadable", str(denied)) from denied
        except UnknownOutcomeError as lost:
            raise UnknownOutcomeError(NO_ANSWER, str(lost), lost.retry_after) from lost
        if reply.status == 404:
            raise UnknownOutcomeError("OperationGone", "Azure does not know the operation any more")
        return _progress(reply)

    async def settled(self, thing: ArmRef) -> SharedSight:
        """
        Read the group, and everything that must agree with it.

        A group that was deleted reads as empty and is named in ``failed``. Raises ``OutsideError``.
        """
        scope, facts = self._ours(thing), standing_part(self._settings)
        around = await look_around(self._arm, thing, facts)
        found = around.of(thing).answer
        if isinstance(found, DeniedError):
            raise found
        entries = _sight(found, thing).entries if found else ()
        failed = disagreeing(around, facts, thing, scope)
        return SharedSight(entries, found.etag if found else "", around.ready, failed)

    async def _get(self, thing: ArmRef) -> Reply:
        try:
            reply = await self._arm.get(thing)
        except ValueError as error:
            raise DeniedError("BadId", str(error)) from error
        if reply is None:
            text = (
                f"{thing} does not exist: have a network owner deploy deploy/azure, or correct the settings"
            )
            raise DeniedError("ResourceNotFound", text)
        return reply

    def _ours(self, thing: ArmRef) -> str:
        """Return the scope of a group. Raises ``DeniedError`` for one that is not ours to write."""
        scope = scope_of(self._settings, thing)
        if not scope:
            raise DeniedError("NotOurs", f"{thing} is not named in the settings as a group of this bot")
        return scope


def _sight(reply: Reply, thing: ArmRef) -> SharedSight:
    group = view(reply, IpGroup, thing)
    state = group.properties.provisioning_state
    failed = (str(thing),) if rests(state) and state.casefold() != "succeeded" else ()
    return SharedSight(group.entries, reply.etag, rests(state), failed)


def _token(reply: Reply, thing: ArmRef, request_id: str) -> str:
    """
    Return the token of the operation that an answer names.

    An identical PUT may be answered 200 with the body ``null`` and no operation (azure-rest-api-specs#19505).
    """
    url = reply.headers.get("Azure-AsyncOperation", "")
    if not url or len(url) > LONGEST_URL:
        raise UnknownOutcomeError("NoOperation", "Azure took the request, but named no operation to follow")
    return Token(url, thing.id, request_id, correlation(reply.headers)).text


def _progress(reply: Reply) -> Progress:
    """
    Return what an operation resource says; a failed one is read with HTTP 200.

    ``status`` is Succeeded, Failed or Canceled at its end, anything else before ("Track asynchronous Azure
    operations", Azure Resource Manager documentation).
    """
    body = reply.body if isinstance(reply.body, dict) else {}
    status = str(body.get("status") or "").casefold()
    if not status:
        raise UnknownOutcomeError("OperationUnreadable", "the operation does not say how it stands")
    if status == "succeeded":
        return Progress(done=True)
    if status in {"failed", "canceled", "cancelled"}:
        code, message = said({"error": body.get("error")})
        return Progress(failed=plain(f"{code or status}: {message or 'no reason given'}"))
    return Progress(retry_after=reply.retry_after)
