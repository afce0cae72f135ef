"""Settings of a scene that allow more than the smallest."""

from bot.settings import Settings


def with_canaries(settings: Settings, image: str) -> Settings:
    """Return settings that allow canaries of an image everywhere, or none."""
    allowed = {
        name: each.model_copy(update={"canary_image": image}) for name, each in settings.clusters.items()
    }
    return settings.model_copy(update={"clusters": allowed})
