"""Write go.mod and go.sum for Felix, Calico's agent: `python -m tests.packetlab.pin` after a new version.

Calico publishes no Go version for its releases, so the module version names the commit of one; its go.mod replaces
about thirty modules, which counts only in the main module and so has to be repeated here.
"""

import json
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

GO_VERSION = "1.26.0"
MODULE = "github.com/projectcalico/calico"
VERSION = "v1.11.0-cni-plugin.0.20250813170300-a0db560f0520"
"""The tree of Calico 3.28.5."""
PROGRAMS: Mapping[str, str] = MappingProxyType({"calico-felix": f"{MODULE}/felix/cmd/calico-felix"})
HERE = Path(__file__).resolve().parent
# The first is Windows only and served up to here; the second is a folder of Calico's own tree, which is a module too.
_OURS = (
    "github.com/Microsoft/hcsshim => github.com/Microsoft/hcsshim v0.11.7",
    "github.com/projectcalico/api => github.com/projectcalico/api v0.0.0-20240708202104-e3f70b269c2c",
)
_REPLACED = re.compile(r"^\s*(\S+ => (?!\./)\S+ v\S+)$", re.MULTILINE)


def replacements(go_mod: str) -> tuple[str, ...]:
    """Return the replace lines of Calico's go.mod that lead to a version, and ours."""
    return tuple(sorted({*_OURS, *_REPLACED.findall(go_mod)}))


def render(replaced: tuple[str, ...]) -> str:
    """Return the text of our go.mod."""
    lines = "".join(f"\t{line}\n" for line in replaced)
    return (
        f"module firebreak.test/packetlab\n\ngo {GO_VERSION}\n\n"
        f"tool {PROGRAMS['calico-felix']}\n\nrequire {MODULE} {VERSION}\n\nreplace (\n{lines})\n"
    )


def main() -> None:
    """Rewrite both files; needs Go on PATH and its module proxy."""
    answer = subprocess.run(
        ["go", "mod", "download", "-json", f"{MODULE}@{VERSION}"],
        check=True,
        capture_output=True,
        text=True,
        cwd="/",
    )
    upstream = Path(json.loads(answer.stdout)["GoMod"]).read_text(encoding="utf-8")
    (HERE / "go.mod").write_text(render(replacements(upstream)), encoding="utf-8")
    subprocess.run(["go", "mod", "tidy"], check=True, cwd=HERE)


if __name__ == "__main__":
    main()
