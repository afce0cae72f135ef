"""The rounds of questions that every quarantine of pods goes through, before it is planned and after."""

from collections.abc import Iterable

import msgspec

from bot.domain.findings import Refusal, Unseen
from bot.domain.plans import Part
from bot.domain.quarantine import surroundings
from bot.domain.quarantine.means import Chosen, Wish, asked_rights, chosen
from bot.domain.quarantine.outlook import lets_through
from bot.domain.quarantine.scene import Scene, Targets, looked_at
from bot.domain.queries import Access, Answer, Asked, DryRun, Rounds, Unwelcome
from bot.domain.reading import cut, unseen


class Ground(msgspec.Struct, frozen=True):
    """
    What a quarantine is planned upon.

    ``rights`` are what was answered of the rights to each engine's deny; ``means`` how each target is cut, in their
    order; ``around`` is the rest of the cluster, empty where nothing lets a target through; ``blind`` what got no answer.
    """

    scene: Scene
    rights: tuple[tuple[Access, Answer], ...]
    means: tuple[Chosen, ...]
    around: Asked
    blind: tuple[Unseen, ...]


def explored(wanted: Targets, wish: Wish, request_id: str) -> Rounds[Ground | Refusal]:
    """
    Return the ground, or why the targets cannot be cut so.

    Raises ``ValueError`` for a request id that cannot be part of an object's name.
    """
    scene = yield from looked_at(wanted)
    if isinstance(scene, Refusal):
        return scene
    asked = asked_rights(scene)
    wide = surroundings.questions(scene) if wish.allow.any or lets_through(scene, request_id) else ()
    told = yield (*asked, *wide)
    beyond = told[len(asked) :]
    rights = tuple(zip(asked, told, strict=False))
    means = chosen(scene, wish, rights, request_id)
    if isinstance(means, Refusal):
        return means
    around = tuple(zip(wide, beyond, strict=True))
    return Ground(scene, rights, means, around, (*scene.unseen, *unseen(wide, beyond)))


def tried(parts: Iterable[Part]) -> Rounds[Unwelcome | tuple[Unseen, ...]]:
    """Ask the cluster whether it would take the changes; return what got no answer, or the first that it refuses."""
    asked = tuple(DryRun(change) for part in parts for change in part.changes)
    taken = yield asked
    refused = next((answer for answer in taken if isinstance(answer, Unwelcome)), None)
    return unseen(asked, taken) if refused is None else refused


def not_taken(cluster: str, refused: Unwelcome, remedy: str) -> Refusal:
    """Say that the cluster would not take it, in its own words."""
    text = f"{cluster} would not take it: {cut(refused.code)}: {cut(refused.why)}"
    return Refusal("dry-run-refused", text, remedy)
