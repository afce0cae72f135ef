"""Cyclonus asked about many connections in one call."""

import json
import re
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Body = dict[str, Any]
_ANSWER = re.compile(r"IS ALLOWED\?\s*\|\s*(TRUE|FALSE)")
PATIENCE = 600.0
"""Seconds for one call."""


@dataclass(frozen=True)
class Place:
    """An end of a connection: without a namespace it is beyond the cluster."""

    address: str
    namespace: str = ""
    labels: tuple[tuple[str, str], ...] = ()
    namespace_labels: tuple[tuple[str, str], ...] = ()

    def told(self) -> Body:
        """Return it as cyclonus reads it."""
        if not self.namespace:
            return {"IP": self.address}
        inside = {
            "PodLabels": dict(self.labels),
            "NamespaceLabels": dict(self.namespace_labels),
            "Namespace": self.namespace,
        }
        return {"Internal": inside, "IP": self.address}


@dataclass(frozen=True)
class Traffic:
    """A connection, with the name that its port has on the pod that is connected to."""

    source: Place
    destination: Place
    protocol: str
    port: int
    port_name: str = ""

    def told(self) -> Body:
        """Return it as cyclonus reads it."""
        return {
            "Source": self.source.told(),
            "Destination": self.destination.told(),
            "Protocol": self.protocol,
            "ResolvedPort": self.port,
            "ResolvedPortName": self.port_name,
        }


def ask(program: Path, policies: Sequence[Body], wanted: Sequence[Traffic]) -> list[bool]:
    """Return for each connection whether cyclonus says that these policies allow it."""
    with tempfile.TemporaryDirectory() as folder:
        return answers(prepared(program, Path(folder), policies, wanted), len(wanted))


def prepared(program: Path, folder: Path, policies: Sequence[Body], wanted: Sequence[Traffic]) -> list[str]:
    """Write the files of a question, and return the command that asks it."""
    home = folder / "policies"
    home.mkdir()
    for at, policy in enumerate(policies):
        (home / f"{at}.yaml").write_text(json.dumps(defaulted(policy)), encoding="utf-8")
    traffic = folder / "traffic.json"
    traffic.write_text(json.dumps([one.told() for one in wanted]), encoding="utf-8")
    modes = ("--mode", "query-traffic", "--traffic-path", str(traffic))
    return [str(program), "analyze", "--policy-path", str(home), *modes]


def answers(command: Sequence[str], count: int) -> list[bool]:
    """Run a question; fails the test when the program does, or answers more or less than was asked."""
    ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE)
    assert ended.returncode == 0, ended.stderr[-2000:]
    found = [said == "TRUE" for said in _ANSWER.findall(ended.stdout)]
    assert len(found) == count, (len(found), count)
    return found


def defaulted(policy: Body) -> Body:
    """Return a policy as the API server stores it: cyclonus refuses one without its types."""
    spec = policy["spec"]
    types = spec.get("policyTypes") or (["Ingress", "Egress"] if spec.get("egress") else ["Ingress"])
    return {**policy, "spec": {**spec, "policyTypes": types}}
