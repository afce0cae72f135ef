"""What the bot writes to one person directly, and what that person presses there."""

from bot.sandbox.slack.answers import texts
from bot.sandbox.slack.messages import Message
from tests.journeys.stage import PATIENCE, Stage, _words


def address(user: str) -> str:
    """Return the id of the bot's conversation with a person."""
    return f"D0{user}"


def letters(bot: Stage, user: str) -> tuple[Message, ...]:
    """Return what the bot wrote to a person, oldest first."""
    return bot.scene.workspace.messages(address(user))


async def until_written(bot: Stage, user: str, *words: str) -> Message:
    """Wait until one message to a person says all of this; return the newest such."""

    async def written() -> Message | None:
        found = [m for m in letters(bot, user) if all(word in told(m) for word in words)]
        return found[-1] if found else None

    async def instead() -> list[str]:
        return [told(m) for m in letters(bot, user)]

    return await bot.until(written, instead)


def told(message: Message) -> str:
    """Return every word of a message, what is hidden in buttons excepted."""
    return _words(message)


def value(message: Message, button: str) -> str:
    """Return what a button of a message carries."""
    (found,) = (
        element["value"]
        for block in message.blocks
        if block.get("type") == "actions"
        for element in block["elements"]
        if element["action_id"] == button
    )
    return str(found)


async def press(bot: Stage, user: str, message: Message, button: str) -> str:
    """Press a button of a message to oneself, and return what the bot answers."""
    answer = await bot.scene.workspace.click(user, message.channel, message.ts, button)
    assert answer.acked, (answer.status, answer.error)
    return _words(*await bot.scene.workspace.until(lambda: answer.posts, PATIENCE))


async def forge(bot: Stage, user: str, where: Message, button: str, carried: str) -> str:
    """Send a click that no client would send, truly signed, and return what the bot answers."""
    answer = await bot.scene.workspace.click(
        user, where.channel, where.ts, button, value=carried, forged=True
    )
    assert answer.acked, (answer.status, answer.error)
    return _words(*await bot.scene.workspace.until(lambda: answer.posts, PATIENCE))


def in_channel(bot: Stage, channel: str, *words: str) -> list[Message]:
    """Return the messages of a channel, outside of threads, that say all of this."""
    standing = bot.scene.workspace.messages(channel)
    return [
        m
        for m in standing
        if not m.thread_ts and all(word in " ".join(texts(list(m.blocks))) for word in words)
    ]
