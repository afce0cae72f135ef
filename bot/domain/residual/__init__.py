"""What stays allowed: the exact set of connections that policies leave open, and what causes each."""

from bot.domain.residual.answers import Allowance, Residual
from bot.domain.residual.atlas import Atlas, NodeGroup, Outside, PodGroup
from bot.domain.residual.evaluate import atlas, residual, stepwise
from bot.domain.residual.foreign import foreign
from bot.domain.residual.network_policy import Semantics, compiled
from bot.domain.residual.openings import openers
from bot.domain.residual.rules import Cause, Compiled, Gap
from bot.domain.residual.verdict import Connection, Side, Verdict, verdict
from bot.domain.residual.world import Pod, World, world_of
from bot.domain.residual.worst import Closing, How, Line, Place, forecast, worst

__all__ = [
    "Allowance",
    "Atlas",
    "Cause",
    "Closing",
    "Compiled",
    "Connection",
    "Gap",
    "How",
    "Line",
    "NodeGroup",
    "Outside",
    "Place",
    "Pod",
    "PodGroup",
    "Residual",
    "Semantics",
    "Side",
    "Verdict",
    "World",
    "atlas",
    "compiled",
    "forecast",
    "foreign",
    "openers",
    "residual",
    "stepwise",
    "verdict",
    "world_of",
    "worst",
]
