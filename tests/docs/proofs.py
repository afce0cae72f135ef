"""
What is known of each engine and strategy, and how: the tables of docs/engines.md.

Whoever proves more writes it here, with the test that shows it: a test holds each to exist, and each engine to have its row.
"""

from enum import StrEnum
from typing import Final

import msgspec

from bot.domain.engines.engine import EngineName
from bot.domain.engines.limit import Limits
from bot.domain.engines.limits import LIMITS


class Proof(StrEnum):
    """How it is proved, strongest first."""

    PACKETS = "packets"
    SERVER = "real API server"
    DEFINITION = "CRD only"
    FACTS = "facts only"
    NONE = "none"


class Shown(msgspec.Struct, frozen=True):
    """How a strategy is proved on an engine, and by which test; a fact has its sources in the engine's limits."""

    proof: Proof
    test: str = ""


STRATEGIES: Final = (
    *("detected", "NetworkPolicy", "own deny", "detach"),
    *("whole Deployment", "canaries (L4)", "self-test (L5)"),
)
"""That the engine is told apart, what is done about pods, and what shows by packets that it works."""

_SEEN: Final = "tests/controlplane/test_engines_seen.py"
_TABLE: Final = "tests/packetlab/test_packet_table.py"
_DENIES: Final = "tests/packetlab/test_packet_strategies.py"
_ACCEPTED: Final = "tests/crds/test_engine_denies.py"
_LATER: Final = "tests/packetlab/test_packet_later.py"
_PROVED: Final = "tests/packetlab/test_packet_proof.py"
_TESTED: Final = "tests/packetlab/test_packet_selftest.py"
_FACT: Final = Shown(Proof.FACTS)
_NOTHING: Final = Shown(Proof.NONE)

PROOFS: Final[dict[EngineName, dict[str, Shown]]] = {
    EngineName.CILIUM: {
        "detected": Shown(Proof.SERVER, _SEEN),
        "own deny": Shown(Proof.DEFINITION, _ACCEPTED),
    },
    EngineName.CALICO: {
        "detected": Shown(Proof.SERVER, _SEEN),
        "NetworkPolicy": Shown(Proof.PACKETS, _TABLE),
        "own deny": Shown(Proof.PACKETS, _DENIES),
        "detach": Shown(Proof.PACKETS, _DENIES),
        "whole Deployment": Shown(Proof.PACKETS, _LATER),
        "canaries (L4)": Shown(Proof.PACKETS, _PROVED),
        "self-test (L5)": Shown(Proof.PACKETS, _TESTED),
    },
    EngineName.AZURE_NPM: {"detected": Shown(Proof.SERVER, _SEEN)},
    EngineName.AWS: {"canaries (L4)": _NOTHING, "self-test (L5)": _NOTHING},
}
"""What is more or less than facts. An engine without a deny of its own has none to prove; AWS's agent leaves canaries alone."""


def shown(engine: EngineName, strategy: str) -> Shown:
    """Return how a strategy is proved on an engine."""
    told = PROOFS.get(engine, {}).get(strategy)
    if told is not None:
        return told
    return _NOTHING if strategy == "own deny" and not LIMITS[engine].deny.group else _FACT


def named() -> tuple[EngineName, ...]:
    """Return the engines that have a row: those that are known by name."""
    return tuple(engine for engine in LIMITS if engine not in {EngineName.OTHER, EngineName.UNKNOWN})


def proofs() -> str:
    """Return the table of engines, strategies, and how each is proved."""
    rows = [(str(engine), *(_cell(shown(engine, strategy)) for strategy in STRATEGIES)) for engine in named()]
    return _table(("engine", *STRATEGIES), *rows)


def _cell(found: Shown) -> str:
    return f"{found.proof} (`{found.test}`)" if found.test else str(found.proof)


def engines() -> str:
    """Return the limits of every engine, at length and with their sources."""
    return "".join(_chapter(engine, LIMITS[engine]) for engine in named())


def _chapter(engine: EngineName, found: Limits) -> str:
    if engine is EngineName.K3S:
        return f"\n### {engine}\n\nAs {EngineName.KUBE_ROUTER}, which it runs inside its own process.\n"
    rows = [
        (_capital(s.short), _capital(s.long), ", ".join(f"`{place}`" for place in s.sources))
        for s in found.sayings
    ]
    return f"\n### {engine}\n\n{_table(('in short', 'at length', 'source'), *rows)}"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _table(*rows: tuple[str, ...]) -> str:
    head, *body = (f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |\n" for row in rows)
    return "".join((head, "|" + "---|" * len(rows[0]) + "\n", *body))
