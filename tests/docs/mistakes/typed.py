"""Lines that are not understood, read by the parser of the bot."""

from typing import Final

from bot.adapters.slack.grammar import Known, parse
from tests.docs.mistakes.row import Row

ONE: Final = Known(("prod",))
TWO: Final = Known(("prod", "staging"))
POD: Final = "payments/api-7d9f"

LINES: Final = (
    "quarantin payments/api-7d9f",
    "qurantine",
    "quarantine for 4h",
    "quarantine api-7d9f",
    "quarantine a/b/c/d",
    "quarantine payments/api-7d9f, other/web-1",
    f"quarantine prdo/{POD}",
    f"quarantine {POD},",
    f"quarantine {POD} because",
    f"quarantine {POD} for",
    f"quarantine {POD} for 4 hours",
    f"quarantine {POD} for 100d",
    f"quarantine {POD} for 1h for 2h",
    f"quarantine {POD} solo break-glass",
    f"quarantine {POD} {POD}",
    "quarantine payments/API",
    f"quarantine {POD}," + ",".join(f"p{n}" for n in range(20)),
    "block 203.0.113.300",
    "block 203.0.113.7 fro 4h",
    "block 203.0.113.7 scope world",
    "block 203.0.113.7 cluster",
    "block 2001:db8::7",
    "plan",
    "plan reboot",
    "contain everything",
    "approve",
    "approve 7K3Q 0a1b2c3d4e5f",
    "approve FB-7K3Q",
    "approve FB-7K3Q 0a1b",
    "approve FB-7K3Q 0a1b2c3d4e5f name",
    "deny FB-7K3Q",
    "deny FB-7K3Q becuse it is ours",
    "deny FB-7K3Q because",
    "confirm FB-7K3Q 0a1b2c3d4e5f",
    "review FB-7K3Q",
    "extend FB-7K3Q",
    "extend FB-7K3Q soon",
    "extend FB-7K3Q 0m",
    "rollback",
    "rollback FB-7K3Q now",
    "status 7K3Q",
    "evidence FB-7K3Q last",
    "handover @bob",
    "open",
    "close",
    "close IN-7K3Q",
    "close payments because done",
    "report 7K3Q",
    "verify everything",
    "explain",
    "explain api-7d9f",
    "explain payments/API",
    f"explain prdo/{POD}",
    f"explain {POD} with other/web-1",
    f"explain {POD} to",
    f"explain {POD} to 10.0.0.0/8",
    f"explain {POD} to internat",
    f"explain {POD} to payments/db-0:http",
    f"explain {POD} to payments/db-0:70000",
    f"explain {POD} to payments/db-0:53/icmp",
    f"explain {POD} to payments/db-0 now",
    "flows",
    "flows payments/API",
    "flows deployment/api",
    "flows job:api",
    "flows 203.0.113.7:443",
    "flows example_com.test",
    "flows payments/",
    "flows a/b/c/d",
    f"flows prdo/{POD}",
    f"flows {POD} last",
    f"flows {POD} since noon",
    f"flows {POD} until 14:00",
    f"flows {POD} last 1h since 14:00",
    f"flows {POD} denied allowed",
    f"flows {POD} peer",
    f"flows {POD} port http",
    f"flows {POD} from hubbel",
    f"flows {POD} from",
    f"flows {POD} cluster prdo",
    f"flows {POD} yesterday",
    "trace payments",
    "sweep",
    "sweep 10.0.0.0/8",
    "posture a/b/c",
    "posture Payments",
    "whoami now",
    "help qarantine",
)


def rows() -> tuple[Row, ...]:
    """Return each line with what it is answered."""
    several = Row.mistaken(f"quarantine {POD}", parse(f"quarantine {POD}", TWO))
    none = Row.mistaken(f"quarantine {POD}", parse(f"quarantine {POD}", Known()))
    long = Row.mistaken("quarantine ... (more than 4000 characters)", parse("x" * 5000, ONE))
    return (*(Row.mistaken(line, parse(line, ONE)) for line in LINES), several, none, long)
