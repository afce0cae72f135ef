"""Write go.mod and go.sum for cyclonus, a NetworkPolicy evaluator that we did not write (MIT).

`python -m tests.cyclonus.pin` after a new version.
"""

import subprocess
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

GO_VERSION = "1.26.0"
MODULE = "github.com/mattfenwick/cyclonus"
VERSION = "v0.5.6"
PROGRAMS: Mapping[str, str] = MappingProxyType({"cyclonus": f"{MODULE}/cmd/cyclonus"})
HERE = Path(__file__).resolve().parent


def render() -> str:
    """Return the text of our go.mod, before Go adds what the program needs itself."""
    return (
        f"module firebreak.test/cyclonus\n\ngo {GO_VERSION}\n\n"
        f"tool {PROGRAMS['cyclonus']}\n\nrequire {MODULE} {VERSION}\n"
    )


def main() -> None:
    """Rewrite both files; needs Go on PATH and its module proxy."""
    (HERE / "go.mod").write_text(render(), encoding="utf-8")
    subprocess.run(["go", "mod", "tidy"], check=True, cwd=HERE)


if __name__ == "__main__":
    main()
