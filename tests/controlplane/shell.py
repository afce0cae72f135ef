"""Run commands as an operator would paste them: a real bash, a real kubectl, a kubeconfig and nothing else."""

import asyncio
import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Ended:
    """How a command ended: exit status, and what it wrote to both outputs."""

    status: int
    output: str


@dataclass(frozen=True)
class Shell:
    """A terminal with `kubectl` on its path; `home` is an empty folder."""

    kubectl: Path
    home: Path

    async def run(self, commands: str, kubeconfig: Path) -> Ended:
        """Run a script; the first command that fails ends it."""
        environment = {
            "PATH": f"{self.kubectl.parent}{os.pathsep}{os.environ['PATH']}",
            "HOME": str(self.home),
            "KUBECONFIG": str(kubeconfig),
        }
        running = await asyncio.create_subprocess_exec(
            "bash",
            *("-euo", "pipefail", "-c", commands),
            env=environment,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        output, _ = await running.communicate()
        return Ended(running.returncode or 0, output.decode("utf-8", "replace"))
