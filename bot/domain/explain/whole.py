"""All that a pod can talk to and that can talk to it, worst first, each with the policies that let it."""

from bot.domain.directions import Direction
from bot.domain.explain.saying import always, because, doubt, engines, missing, policies
from bot.domain.explain.sight import Sight
from bot.domain.residual import Line, residual, worst
from bot.domain.residual.sets import spelled
from bot.domain.telling import Section, Told, told


def account(seen: Sight) -> Told:
    """Return the account of a pod."""
    left = residual(seen.pod, seen.world)
    lines = worst(left, seen.world)
    out = tuple(_said(line) for line in lines if line.direction is Direction.EGRESS)
    into = tuple(_said(line) for line in lines if line.direction is Direction.INGRESS)
    least = "" if left.exact else "at least "
    where = f" on node {seen.pod.node}" if seen.pod.node else ""
    counted = f"{least}{_ways(len(out))} out, {least}{_ways(len(into))} in"
    headline = " ".join((f"{seen.wish.cluster}/{seen.pod}{where}: {counted}.", *doubt(seen.engine)))
    sections = (
        Section("It can reach, worst first", out or (_nothing(least),)),
        Section("Can reach it, worst first", into or (_nothing(least),)),
        policies(seen.pod, seen.world),
        engines((seen.engine,)),
        always(seen.engine, str(seen.pod)),
        missing(left.unmodelled),
        Section("Ask about one connection", (_example(seen),), table=True),
    )
    return told(headline, sections, f"explain-{seen.wish.cluster}-{seen.pod.namespace}-{seen.pod.name}")


def _example(seen: Sight) -> str:
    return f"/ir explain {seen.wish.cluster}/{seen.pod} to internet:443"


def _said(line: Line) -> str:
    return f"{line.who} on {spelled(line.ports)}: {because(line.causes)}"


def _ways(count: int) -> str:
    return f"{count or 'no'} way{'' if count == 1 else 's'}"


def _nothing(least: str) -> str:
    return "nothing that is known" if least else "nothing"
