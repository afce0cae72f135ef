"""
The real CustomResourceDefinitions of network engines, read out of the Go module cache: nothing of theirs is kept here.

Cilium is pinned by the go.mod of this folder, Calico by that of the packet lab. The modules come through the ordinary
Go client, which checks them against go.sum.
"""

import json
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

HERE = Path(__file__).resolve().parent
Manifest = dict[str, Any]


class DefinitionsMissingError(Exception):
    """The definitions could not be had; the text says why."""


@dataclass(frozen=True)
class Source:
    """A Go module, whose go.mod pins it, and where in it the definitions are."""

    module: str
    pinned_in: Path
    place: str


CILIUM = Source("github.com/cilium/cilium", HERE, "pkg/k8s/apis/cilium.io/client/crds/v2")
CALICO = Source("github.com/projectcalico/calico", HERE.parent / "packetlab", "libcalico-go/config/crd")


def definitions(source: Source, *plurals: str) -> tuple[Manifest, ...]:
    """Return the named definitions, or all. Raises DefinitionsMissingError without Go or its module proxy."""
    folder = _downloaded(source) / source.place
    found = [yaml.safe_load(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.yaml"))]
    wanted = [each for each in found if not plurals or each["spec"]["names"]["plural"] in plurals]
    if plurals and len(wanted) != len(plurals):
        raise DefinitionsMissingError(f"{source.module} has not all of {', '.join(plurals)}")
    return tuple(wanted)


def installation(source: Source, path: str) -> tuple[Manifest, ...]:
    """Return the objects of a manifest by which an engine is installed. Raises DefinitionsMissingError as above."""
    text = (_downloaded(source) / path).read_text(encoding="utf-8")
    return tuple(body for body in yaml.safe_load_all(text) if body)


def _downloaded(source: Source) -> Path:
    go = shutil.which("go")
    if go is None:
        raise DefinitionsMissingError("Go is not installed, so the engines' definitions cannot be fetched")
    ended = subprocess.run(
        [go, "mod", "download", "-json", source.module],
        cwd=source.pinned_in,
        capture_output=True,
        text=True,
        check=False,
    )
    if ended.returncode:
        raise DefinitionsMissingError(f"go mod download failed: {(ended.stdout + ended.stderr)[-500:]}")
    return Path(json.loads(ended.stdout)["Dir"])
