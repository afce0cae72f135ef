"""What a posture is asked of."""

import msgspec


class Scope(msgspec.Struct, frozen=True):
    """A cluster, or one namespace of it."""

    cluster: str
    namespace: str = ""

    @property
    def target(self) -> str:
        """How people, and the record, read it."""
        return f"{self.cluster}/{self.namespace or '*'}"
