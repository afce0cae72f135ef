"""How the story stands when the page opens: the world of the rehearsal, and an alert in the channel."""

from bot.sandbox.page.people import ALARM
from bot.sandbox.scene import CHANNEL, Scene
from bot.sandbox.slack import User


def set_the_scene(scene: Scene) -> None:
    """Post the alert."""
    workspace, incident = scene.workspace, scene.incident
    workspace.world.add_user(User(ALARM, "watchtower", "Watchtower", is_bot=True))
    workspace.world.join(CHANNEL, ALARM)
    workspace.say(
        ALARM,
        CHANNEL,
        f":rotating_light: *Outbound beacon* every 20 s to `{incident.beacon}:443`, which is on a threat list\n"
        f"pod `{incident.namespace}/{incident.pod}` · node `{incident.node}` · cluster `{incident.cluster}`\n"
        "_A given fact of this story: the sandbox moves no packets. Its Hubble Relay tells what would have been seen._",
    )
