"""The words of a report that a reader may meet for the first time."""

from typing import Final

from bot.domain.report.values import Fact

LEVELS: Final = {
    "L0": "only what the API says about itself: it took the change, and it reads back as written",
    "L1": "what the policies that stand allow, computed by their rules: no packet is looked at",
    "L2": "what the engine that enforces on the pod's node says of it",
    "L3": "the flow log: what was denied by us, and what was let through",
    "L4": "a probe: whether it still gets through",
    "L5": "a test of the cluster with pods of our own",
}
VERDICTS: Final = {
    "CONTAINED": "the evidence shows that the traffic has stopped",
    "PARTIAL": "the evidence shows that some traffic still passes",
    "INCONCLUSIVE": "it is not shown that the traffic has stopped, so do not count on it",
    "NOT_ENFORCED": "nothing enforces it: the traffic still passes",
}
GLOSSARY: Final = (
    Fact("accepted", "the API took a change; not yet proof that it has any effect"),
    Fact(
        "read back", "what was written was looked up again and stands as written; not yet proof of any effect"
    ),
    Fact("verdict", "\n".join(f"{name}: {said}" for name, said in VERDICTS.items()), many=True),
    Fact("level", "\n".join(f"{name}: {said}" for name, said in LEVELS.items()), many=True),
    Fact("forecast", "what the plan expected before anything was written"),
    Fact("digest", "SHA-256 over all that an approval is for; an approval counts for one digest alone"),
    Fact("quorum", "how many different people of which groups the policy asks for; who asked never counts"),
    Fact(
        "rule",
        "of the policy, by its place and name; the record's field policy is the hash of that whole policy",
    ),
    Fact("solo", "one person's word alone, where the policy allows that; it must be reviewed"),
    Fact(
        "break-glass",
        "past the approvers, confirmed by typing, where the policy allows that; it must be reviewed",
    ),
    Fact(
        "auto",
        "a playbook acted without a person, where the policy names it and its hash; two people review it",
    ),
    Fact("lease", "how long a containment stands before it ends, or before it is called out"),
    Fact("part", "one target of a request; a request for three pods has three parts"),
    Fact("contribute", "to add one entry to a list that several requests share, as a firewall's"),
    Fact("adopted", "it stood there already as it was wanted, or somebody accepted what others changed"),
    Fact("drift", "others changed what was written"),
    Fact(
        "fence",
        "a number that grows with each owner of a piece of work, so that one who was overtaken can't write",
    ),
    Fact("record", "one line of the audit log; its number is its place, counted from 0"),
    Fact(
        "leaf, path, root",
        "the record's hash, the hashes beside it, and the one hash of the whole log (RFC 6962)",
    ),
    Fact(
        "checkpoint",
        "size and root of the log, signed; who keeps one outside can tell a log that was changed",
    ),
    Fact(
        "_sd", "digests of what people wrote: the words stand beside the log with a salt, and can be erased"
    ),
    Fact("kept", "hashes of the plan and the card, which stand beside the log too"),
)
