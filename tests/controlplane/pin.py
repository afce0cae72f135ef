"""Write go.mod and go.sum for the control plane's programs: `python tests/controlplane/pin.py` after a new version.

Kubernetes does not publish its staging modules under the version that its own go.mod names (v0.0.0), so each needs
a replace line; the list is read from the go.mod of the pinned release instead of being kept by hand.
"""

import json
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

GO_VERSION = "1.26.0"
KUBERNETES_VERSION = "v1.36.3"
ETCD_VERSION = "v3.6.8"
PROGRAMS: Mapping[str, str] = MappingProxyType(
    {
        "etcd": "go.etcd.io/etcd/server/v3",
        "kube-apiserver": "k8s.io/kubernetes/cmd/kube-apiserver",
        "kube-controller-manager": "k8s.io/kubernetes/cmd/kube-controller-manager",
        "kubectl": "k8s.io/kubernetes/cmd/kubectl",
    }
)
HERE = Path(__file__).resolve().parent
_STAGING_MODULE = re.compile(r"^\s*(k8s\.io/\S+) v0\.0\.0(?: // indirect)?$", re.MULTILINE)


def staging_modules(go_mod: str) -> tuple[str, ...]:
    """Return the names of the modules that a kubernetes go.mod requires at v0.0.0, sorted and each once."""
    return tuple(sorted(set(_STAGING_MODULE.findall(go_mod))))


def render(staging: tuple[str, ...]) -> str:
    """Return the text of our go.mod: the tools, the two pins and one replace line for each staging module."""
    staging_version = KUBERNETES_VERSION.replace("v1.", "v0.", 1)
    requirements = (f"k8s.io/kubernetes {KUBERNETES_VERSION}", f"go.etcd.io/etcd/server/v3 {ETCD_VERSION}")
    replacements = tuple(f"{name} => {name} {staging_version}" for name in staging)
    blocks = (("tool", tuple(PROGRAMS.values())), ("require", requirements), ("replace", replacements))
    head = f"module firebreak.test/controlplane\n\ngo {GO_VERSION}\n"
    return head + "".join(
        f"\n{name} (\n" + "".join(f"\t{line}\n" for line in lines) + ")\n" for name, lines in blocks
    )


def _upstream_go_mod() -> str:
    answer = subprocess.run(
        ["go", "mod", "download", "-json", f"k8s.io/kubernetes@{KUBERNETES_VERSION}"],
        check=True,
        capture_output=True,
        text=True,
        cwd="/",
    )
    return Path(json.loads(answer.stdout)["GoMod"]).read_text(encoding="utf-8")


def main() -> None:
    """Rewrite both files; needs Go on PATH and its module proxy."""
    (HERE / "go.mod").write_text(render(staging_modules(_upstream_go_mod())), encoding="utf-8")
    subprocess.run(["go", "mod", "tidy"], check=True, cwd=HERE)


if __name__ == "__main__":
    main()
