"""A kubeconfig file for whoever shall reach the clusters."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from bot.sandbox.kubernetes.objects import Json


@dataclass(frozen=True, slots=True)
class Context:
    """One cluster as one user reaches it; the name is that of context, cluster and user."""

    name: str
    url: str
    token: str = field(repr=False)
    ca_file: Path | None = None


def write_kubeconfig(path: Path, contexts: Sequence[Context]) -> None:
    """Write the file, readable by its owner only; the first context is the current one."""
    content = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": contexts[0].name if contexts else "",
        "clusters": [{"name": context.name, "cluster": _cluster(context)} for context in contexts],
        "users": [{"name": context.name, "user": {"token": context.token}} for context in contexts],
        "contexts": [
            {"name": context.name, "context": {"cluster": context.name, "user": context.name}}
            for context in contexts
        ],
    }
    path.touch(mode=0o600)
    path.chmod(0o600)
    path.write_text(yaml.safe_dump(content), encoding="utf-8")


def _cluster(context: Context) -> Json:
    ca = {"certificate-authority": str(context.ca_file)} if context.ca_file else {}
    return {"server": context.url, **ca}
