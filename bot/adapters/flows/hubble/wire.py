"""What is spoken with a relay, as the build compiled it; in a pool of its own, so that no other library's names meet it."""

from functools import cache
from pathlib import Path
from typing import Any, Final

from google.protobuf import descriptor_pool
from google.protobuf.descriptor_pb2 import FileDescriptorSet
from google.protobuf.message_factory import GetMessageClass

from bot.domain.errors import DeniedError

GET_FLOWS: Final = "/observer.Observer/GetFlows"
GET_NODES: Final = "/observer.Observer/GetNodes"
SERVER_STATUS: Final = "/observer.Observer/ServerStatus"
_COMPILED: Final = Path(__file__).with_name("relay.binpb")


@cache
def message(name: str) -> Any:
    """
    Return the class of a message of ``relay.proto``. Its instances have the fields of that file, which no type tells.

    Raises ``DeniedError`` where the program was never built.
    """
    return GetMessageClass(_pool().FindMessageTypeByName(f"firebreak.hubble.{name}"))


@cache
def _pool() -> descriptor_pool.DescriptorPool:
    try:
        compiled = FileDescriptorSet.FromString(_COMPILED.read_bytes())
    except OSError as error:
        text = f"{_COMPILED.name} is missing: the build makes it from relay.proto. Run `make setup`"
        raise DeniedError("NotBuilt", text) from error
    pool = descriptor_pool.DescriptorPool()
    for file in compiled.file:
        pool.Add(file)
    return pool
