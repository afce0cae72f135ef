"""What is handed out of the log, made at the moment that it leaves: exactly the records that were recorded as taken."""

import asyncio
from collections.abc import Mapping

import msgspec

from bot.domain.audit.merkle import leaf_hash
from bot.domain.report import Report, Source, Taken
from bot.domain.report.composing import compose, people_of
from bot.domain.report.markdown import markdown
from bot.engine.context import Context
from bot.engine.notary import Notary, Part, part
from bot.engine.taking import Papers


class File(msgspec.Struct, frozen=True):
    """One file on its way out."""

    name: str
    content: bytes


async def proof_file(notary: Notary, papers: Papers) -> File:
    """Return the records with their proofs, as a file that verifies offline. Raises ``AuditError``."""
    made = await part(notary, papers.seqs)
    return File(f"{papers.subject}-proof.jsonl", await asyncio.to_thread(made.lines))


async def source_of(context: Context, notary: Notary, papers: Papers) -> Source:
    """Return what the report is made of. Raises ``AuditError``."""
    made = await part(notary, papers.seqs)
    async with context.store.begin() as tx:
        now = tx.now
    kept = [
        f"{one.place}: {one.signed.size} records" + (f", {one.row.where}" if one.row else "")
        for one in await notary.anchorer.kept()
        if one.signed is not None
    ]
    return source(papers.subject, made, f"{now:%Y-%m-%d %H:%M:%S} UTC", tuple(kept))


def source(subject: str, made: Part, at: str, anchors: tuple[str, ...] = ()) -> Source:
    """Return what a report is made of, from records with their proofs."""
    records = tuple(
        Taken(
            item.seq,
            item.body or b"",
            leaf_hash(item.body or b""),
            item.disclosures,
            made.prover.inclusion(item.seq, made.head.size),
        )
        for item in made.items
    )
    return Source(
        subject=subject,
        records=records,
        blobs={blob.blob: blob.text for item in made.items for blob in item.blobs},
        origin=made.head.origin,
        key=made.header.key,
        note=made.header.checkpoint,
        size=made.head.size,
        made_at=at,
        anchors=anchors,
    )


async def report_files(notary: Notary, given: Source, names: Mapping[str, str]) -> tuple[File, ...]:
    """Return a report as Markdown and as a page; ``names`` are what people are called now."""
    report = await asyncio.to_thread(compose, msgspec.structs.replace(given, names=names))
    return await asyncio.to_thread(_drawn, notary, report)


def _drawn(notary: Notary, report: Report) -> tuple[File, ...]:
    name = f"{report.subject}-report"
    return (
        File(f"{name}.md", markdown(report).encode()),
        File(f"{name}.html", notary.drawn(report).encode()),
    )


__all__ = ["File", "people_of", "proof_file", "report_files", "source", "source_of"]
