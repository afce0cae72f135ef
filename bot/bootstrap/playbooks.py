"""Which playbooks are in force, as the settings name them, and where those are that come with the program."""

from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack
from importlib import metadata
from pathlib import Path
from typing import Final

from bot.actions import CATALOGUE
from bot.adapters.alerts.parsing import PARSERS
from bot.adapters.policy.playbooks import Known, Library, PlaybookError, judged, load
from bot.bootstrap.answering import Answer
from bot.domain.playbooks import Playbook, playbook_hash
from bot.domain.policy import Policy
from bot.ports import NoPlaybooks, Playbooks
from bot.settings import Settings

SHIPPED: Final = "shipped"
"""In the place of a path: the playbooks that come with the program."""

FOLDER: Final = Path("playbooks")
WHAT: Final = "playbooks"


def shipped() -> Path:
    """Return the folder of those that come with the program. Raises ``PlaybookError`` where it was installed without."""
    checkout = Path(__file__).parents[2]
    if (checkout / "pyproject.toml").is_file() and (checkout / FOLDER).is_dir():
        return checkout / FOLDER
    for each in metadata.files("firebreak") or ():
        if each.match("share/firebreak/playbooks/*.yaml"):
            return Path(str(each.locate())).resolve().parent
    raise PlaybookError([f"{SHIPPED}: this installation has no playbooks with it; name files of your own"])


def known(named: Sequence[str | Path]) -> Library:
    """
    Read playbooks that may name what this program knows: files, folders, and ``shipped``.

    Raises ``PlaybookError`` with all that is wrong.
    """
    places = [shipped() if each == SHIPPED else Path(each) for each in named]
    return load(places, Known(CATALOGUE, tuple(PARSERS)))


def in_force(stack: AsyncExitStack, settings: Settings) -> Playbooks:
    """Return what the settings name, to be judged until the stack is closed. Raises ``PlaybookError``."""
    return stack.enter_context(judged(known(settings.playbooks))) if settings.playbooks else NoPlaybooks()


def doubts(playbooks: Sequence[Playbook], settings: Settings) -> Iterator[str]:
    """Tell what can never come to pass with these settings, though each playbook by itself is sound."""
    for each in playbooks:
        strange = [name for name in (each.auto.sources if each.auto else ()) if name not in settings.alerts]
        if strange:
            yield f"{each.name}: auto names {', '.join(strange)}, and there is no such source in [alerts]"


def idle(playbooks: Sequence[Playbook], policy: Policy | None) -> Iterator[str]:
    """Tell which playbooks the policy lets act by themselves, and that do not act all the same."""
    known_as = {each.name: each for each in playbooks}
    for name, sha256 in sorted(policy.auto.playbooks.items()) if policy and policy.auto else ():
        found = known_as.get(name)
        if found is None:
            yield f"{name}: the policy lets it act by itself, and there is no such playbook"
        elif found.auto is None:
            yield f"{name}: the policy lets it act by itself, and it has no auto"
        elif (now := playbook_hash(found)) != sha256:
            yield f"{name}: it does not act by itself, because the policy names another version; look at it, then name {now}"


def state(settings: Settings, policy: Policy | None) -> Answer:
    """
    Return whether the playbooks can be used as they are, and which they are, for `firebreak check`.

    Without a policy that can be read, which is told elsewhere, nothing is said of what acts by itself.
    """
    if not settings.playbooks:
        wanting = (
            f'alerts suggest nothing; set playbooks = ["{SHIPPED}"] for those that come with the program'
        )
        text = f"none: {wanting}" if settings.alerts else "none"
        return Answer(WHAT, fine=True, text=text, doubt=bool(settings.alerts))
    try:
        library = known(settings.playbooks)
    except PlaybookError as error:
        return Answer(WHAT, fine=False, text=f"{error}. {error.advice}")
    wrong = [*doubts(library.playbooks, settings), *idle(library.playbooks, policy)]
    told = ", ".join(f"{each.name} {each.version}" for each in library.playbooks)
    return Answer(WHAT, fine=True, text="; ".join(wrong) or told, doubt=bool(wrong))
