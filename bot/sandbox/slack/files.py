"""Files on their way up: a URL is asked for, the bytes are sent there, the upload is completed into a channel."""

import itertools
from dataclasses import dataclass, field, replace

from bot.sandbox.slack.errors import ApiError


@dataclass(frozen=True, slots=True)
class File:
    """A file; `content` is none until its bytes came, `channel` is empty until it was shared."""

    id: str
    name: str
    length: int
    title: str = ""
    channel: str = ""
    alt: str = ""
    content: bytes | None = field(default=None, repr=False)


@dataclass(slots=True)
class Files:
    """All files by id."""

    known: dict[str, File] = field(default_factory=dict)
    _ids: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))

    def expect(self, name: str, length: int, alt: str = "") -> File:
        """Reserve a file; ``alt`` says what a picture shows."""
        made = File(f"F{next(self._ids):08d}", name, length, alt=alt)
        self.known[made.id] = made
        return made

    def receive(self, file_id: str, content: bytes) -> bool:
        """Take the bytes; tell whether the file was expected and is as long as was said."""
        found = self.known.get(file_id)
        if found is None or len(content) != found.length:
            return False
        self.known[file_id] = replace(found, content=content)
        return True

    def share(self, file_id: str, title: str, channel: str) -> File:
        """Complete an upload. Raises `ApiError` when its bytes never came."""
        found = self.known.get(file_id)
        if found is None or found.content is None:
            raise ApiError("file_not_found")
        self.known[file_id] = replace(found, title=title or found.name, channel=channel)
        return self.known[file_id]
