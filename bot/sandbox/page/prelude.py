"""How the story stands when the page opens: an alert in the channel, and a namespace whose egress is not all open."""

from bot.sandbox.kubernetes.resources import NETWORK_POLICIES
from bot.sandbox.page.people import ALARM
from bot.sandbox.scene import CHANNEL, Scene
from bot.sandbox.slack import User


def set_the_scene(scene: Scene) -> None:
    """
    Post the alert, and take the policy away that allows all egress of the namespace.

    With it a quarantine cuts nothing outward, as the rehearsal tells at length; without it the map shows both: what
    the quarantine cuts, and what another policy goes on allowing.
    """
    store, incident = scene.cluster.registry.store, scene.incident
    allowing = store.find(NETWORK_POLICIES, incident.namespace, "allow-egress")
    if allowing is not None:
        store.drop(NETWORK_POLICIES, allowing)
    workspace = scene.workspace
    workspace.world.add_user(User(ALARM, "watchtower", "Watchtower", is_bot=True))
    workspace.world.join(CHANNEL, ALARM)
    workspace.say(
        ALARM,
        CHANNEL,
        f":rotating_light: *Outbound beacon* every 60 s to `{incident.beacon}:443`, which is on a threat list\n"
        f"pod `{incident.namespace}/{incident.pod}` · node `{incident.node}` · cluster `{incident.cluster}`\n"
        "_A given fact of this story: the sandbox moves no traffic._",
    )
