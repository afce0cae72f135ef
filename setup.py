"""The one step of the build that pyproject.toml cannot state: what is spoken with a relay is compiled from its .proto.

An installed package gets the compiled file beside its source; an editable install has it in the checkout, where git
ignores it. protoc comes with grpcio-tools and is needed by the build alone.
"""

from pathlib import Path
from typing import ClassVar

from setuptools import Command, setup
from setuptools.command.build import build

PROTOCOLS = ("bot/adapters/flows/hubble/relay.proto",)


class CompileProtocols(Command):
    """Compile each .proto to the descriptors that the program reads, ``.binpb``; fails where protoc finds a fault."""

    description = "compile the protocols of outside systems"
    user_options: ClassVar[list[tuple[str, str | None, str]]] = []
    editable_mode = False  # set by setuptools

    def initialize_options(self) -> None:
        """State the one option: where the package is put together."""
        self.build_lib: str | None = None

    def finalize_options(self) -> None:
        """Take it from the step that copies the modules."""
        self.set_undefined_options("build_py", ("build_lib", "build_lib"))

    def run(self) -> None:
        """Compile into the build, or beside the source where that is what will be imported."""
        for source in PROTOCOLS:
            compiled = Path(self._compiled(source))
            compiled.parent.mkdir(parents=True, exist_ok=True)
            compile_protocol(Path(source), compiled)

    def get_source_files(self) -> list[str]:
        """Name what a source distribution must hold."""
        return [*PROTOCOLS]

    def get_outputs(self) -> list[str]:
        """Name what is made."""
        return [self._compiled(source) for source in PROTOCOLS]

    def get_output_mapping(self) -> dict[str, str]:
        """Nothing is copied, so nothing is mapped."""
        return {}

    def _compiled(self, source: str) -> str:
        root = Path() if self.editable_mode or self.build_lib is None else Path(self.build_lib)
        return str((root / source).with_suffix(".binpb"))


def compile_protocol(source: Path, compiled: Path) -> None:
    """Write the descriptors of one .proto, with those that it imports."""
    from importlib.resources import files  # noqa: PLC0415 - protoc is there only while something is built

    from grpc_tools import protoc  # noqa: PLC0415

    known = files("grpc_tools") / "_proto"
    where = [f"--proto_path={source.parent}", f"--proto_path={known}"]
    told = protoc.main(
        ["protoc", *where, "--include_imports", f"--descriptor_set_out={compiled}", source.name]
    )
    if told:
        raise SystemExit(f"protoc refused {source} ({told})")


class Build(build):
    """The build, with that step."""

    sub_commands: ClassVar = [*build.sub_commands, ("compile_protocols", None)]


setup(cmdclass={"build": Build, "compile_protocols": CompileProtocols})
