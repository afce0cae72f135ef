"""The help on what asks who talked to whom: form and text of each command, as in ``help``."""

from typing import Final

PAGES: Final[dict[str, tuple[str, str]]] = {
    "flows": (
        "flows <pod|namespace|namespace/deployment/name|address|cidr|name> [last 15m|since <time> [until <time>]] [peer <end>] [port <number>] [denied|allowed] [from <source>,...] [cluster <name>]",
        (
            "Say whom it talked to, what was denied by whom, and what is new, by every source that the cluster has. Always with it: what "
            "each source covers, lost and cannot see. A time is 14:05, 14:05+02:00 or 2026-11-21T14:05, in UTC where no zone is "
            "written. All rows come as a CSV file by direct message. For those whom the policy's flows name; each time is recorded."
        ),
    ),
    "trace": (
        "trace <[cluster/]namespace/pod> [last 1h|since <time> [until <time>]] [from <source>,...] [cluster <name>]",
        (
            "Follow what a pod reached, and what that reached since, two hops outward, each end once. With it come the commands that "
            "plan a quarantine or block of all of it."
        ),
    ),
    "sweep": (
        "sweep <address> [last 24h|since <time> [until <time>]] [from <source>,...]",
        "Say who talked to an address, in every cluster whose flows you may see as a whole, by every source.",
    ),
}
