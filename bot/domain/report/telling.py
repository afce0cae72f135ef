"""Sentences that stand in every report, as Markdown and as a page."""

from typing import Final

MISSING: Final = (
    "The log has one row of numbers for everything. The records that are not here are those of other requests and "
    "incidents, of what was refused before it became a request, of writes to lists that several requests share, of "
    "checkpoints, and of the program itself. Only the whole log shows that none was taken out: /ir verify checks it, and "
    "firebreak audit export, without a request or incident, writes all of it."
)
PEOPLE: Final = (
    "The id is who it was, and is what the log holds. A name is what Slack called that person when this was made; "
    "anybody can choose theirs."
)
NAMELESS: Final = "no name is known here"
VERIFY: Final = (
    "To check everything at once, with nothing but the key: have the records sent with /ir verify {request}, or write them "
    "with firebreak audit export. This checks each record, each path, the checkpoint, what people wrote, the plans and "
    "the cards; the key is the one that you have from elsewhere:"
)
COMMAND: Final = "firebreak audit verify FILE --key {key}"
BY_HAND: Final = (
    "To check one by hand, with a shell and OpenSSL alone: what people wrote, the plan and the card do not stand in the "
    "record. The record holds hashes of them, for words over a random salt too, so that they can be erased later and "
    "nobody can guess them from the hash. Each record below has the commands: run one and compare what it prints with "
    "what it must give. A leaf is SHA-256 over a zero byte and the record; from there the path leads to the root of the "
    "checkpoint (RFC 6962, section 2.1.1)."
)
