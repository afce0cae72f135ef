"""What the build compiled is what stands in the source, and the bot of the settings speaks it."""

from pathlib import Path

import pytest
from google.protobuf.descriptor_pb2 import FileDescriptorSet
from grpc_tools import protoc

import bot.adapters.flows.hubble.wire as wired
from bot.adapters.flows.hubble.wire import message
from bot.domain.errors import DeniedError

SOURCE = Path(wired.__file__).with_name("relay.proto")


def test_the_compiled_protocol_is_that_of_the_source(tmp_path: Path) -> None:
    known = Path(protoc.__file__).with_name("_proto")
    out = tmp_path / "relay.binpb"
    paths = [f"--proto_path={SOURCE.parent}", f"--proto_path={known}"]
    assert protoc.main(["", *paths, "--include_imports", f"--descriptor_set_out={out}", SOURCE.name]) == 0

    compiled = FileDescriptorSet.FromString(SOURCE.with_suffix(".binpb").read_bytes())
    assert compiled == FileDescriptorSet.FromString(out.read_bytes()), "run `make setup`"


def test_a_program_that_was_never_built_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wired, "_COMPILED", tmp_path / "relay.binpb")
    wired._pool.cache_clear()
    message.cache_clear()
    try:
        with pytest.raises(DeniedError, match="Run `make setup`"):
            message("Flow")
    finally:
        monkeypatch.undo()
        wired._pool.cache_clear()
        message.cache_clear()
