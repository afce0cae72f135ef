"""Reports and proofs on their way: a report where it is talked about, a proof to whoever asked."""

from collections.abc import Mapping
from typing import Final

import msgspec

from bot.adapters.slack.conversations import conversation_with
from bot.adapters.slack.desk import Desk
from bot.adapters.slack.files import Upload, upload_all
from bot.adapters.slack.text import escape
from bot.domain.errors import AuditError, DeniedError, OutsideError
from bot.domain.people import Principal
from bot.engine.notary import Notary
from bot.engine.reporting import File, people_of, proof_file, report_files, source_of
from bot.engine.taking import PROOF, Papers
from bot.ports import Note

NAMED: Final = 50  # people whose names are asked for; ids stand for the others


async def hand_out(desk: Desk, note: Note) -> None:
    """
    Send one report or proof. That it was taken was recorded with the note; when its sending breaks off it is sent again.

    Raises the errors of ``client``; ``DeniedError`` too where the log is not sound, or the place is not fit.
    """
    try:
        to = Principal.parse(note.to)
        papers = msgspec.json.decode(note.document, type=Papers)
    except (ValueError, msgspec.DecodeError) as error:
        raise DeniedError("odd_note", "papers for nobody or about nothing") from error
    notary = desk.context.notary
    if notary is None:
        raise DeniedError("no_record", "the record cannot be read from here")
    try:
        await _hand_out(desk, notary, papers, to)
    except AuditError as error:
        text = f"{papers.subject}: nothing was handed out, since the log could not prove it: {error}"
        channel = await conversation_with(desk, to)
        await desk.slack.post("chat.postMessage", channel=channel, text=escape(text))
        raise DeniedError("log-not-sound", str(error)[:200]) from error


async def _hand_out(desk: Desk, notary: Notary, papers: Papers, to: Principal) -> None:
    if papers.what == PROOF:
        file = await proof_file(notary, papers)
        told = (
            f"{papers.subject}: {len(papers.seqs)} records with their proofs, plans and cards as shown. Verify it anywhere: "
            f"firebreak audit verify {file.name} --key {notary.key} (compare the key with the one that you have from elsewhere)"
        )
        await _send(desk, await conversation_with(desk, to), (file,), told)
        return
    given = await source_of(desk.context, notary, papers)
    files = await report_files(notary, given, await _names(desk, people_of(given)))
    channel, thread = await _place(desk, papers)
    refusal = await desk.directory.channel(channel)
    if refusal is not None:
        raise DeniedError(refusal.code, refusal.text)
    await _send(desk, channel, files, f"Report of {papers.subject}, asked for by {to.key}", thread)


async def _send(desk: Desk, channel: str, files: tuple[File, ...], told: str, thread: str = "") -> None:
    await upload_all(
        desk.slack, channel, [Upload(file.name, file.content) for file in files], escape(told), thread
    )


async def _place(desk: Desk, papers: Papers) -> tuple[str, str]:
    """A request's report goes below its card; an incident's into its channel."""
    if papers.place:
        return papers.place, ""
    async with desk.context.store.begin() as tx:
        request = await tx.requests.get(papers.subject)
    if request is None:
        raise DeniedError("no_request", "there is no request to post it under")
    card = await desk.cards.get(papers.subject)
    return (card.channel, card.ts) if card else (request.channel, "")


async def _names(desk: Desk, people: tuple[str, ...]) -> Mapping[str, str]:
    """Return what Slack calls people now; whom it does not name, or who is not found, has none."""
    found: dict[str, str] = {}
    for key in people[:NAMED]:
        try:
            shown = (await desk.slack.read("users.info", user=key.partition(":")[2])).get("user")
        except OutsideError:
            continue
        if isinstance(shown, dict):
            profile = shown.get("profile")
            given = profile.get("display_name") if isinstance(profile, dict) else ""
            found[key] = str(given or shown.get("real_name") or shown.get("name") or "")[:200]
    return found
