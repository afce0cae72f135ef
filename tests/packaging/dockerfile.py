"""The Dockerfile as values, and a way to run a stage's steps where there is no engine to build it."""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Instruction:
    """One instruction: its word in capitals and the rest of its (joined) line."""

    word: str
    rest: str


@dataclass(frozen=True)
class Stage:
    """One stage: the image it starts from, its name ("" for none) and its instructions in order."""

    base: str
    name: str
    instructions: tuple[Instruction, ...]

    def all(self, word: str) -> list[str]:
        """Give what follows each instruction of that word, in order."""
        return [step.rest for step in self.instructions if step.word == word]


def parse(text: str) -> tuple[Stage, ...]:
    """Read a Dockerfile without heredocs, parser directives or an ARG before its first FROM."""
    uncommented = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))
    lines = re.sub(r"\\\n\s*", "", uncommented).splitlines()
    words = [line.strip().partition(" ") for line in lines if line.strip()]
    stages: list[Stage] = []
    for word, _, rest in words:
        if word.upper() == "FROM":
            base, _, name = rest.partition(" AS ")
            stages.append(Stage(base.strip(), name.strip(), ()))
        else:
            last = stages[-1]
            step = Instruction(word.upper(), rest.strip())
            stages[-1] = Stage(last.base, last.name, (*last.instructions, step))
    return tuple(stages)


@dataclass(frozen=True)
class Machine:
    """Where a stage is acted out: `root` stands for the image's /, `context` is the checkout."""

    root: Path
    context: Path

    def act(self, stage: Stage) -> None:
        """Do each step of a stage that only uses WORKDIR, COPY (from the context) and RUN in shell form.

        Raises ValueError for any other instruction and CalledProcessError where a command fails.
        """
        here = self.root
        for step in stage.instructions:
            match step.word:
                case "WORKDIR":
                    here = Path(self.inside(step.rest))
                    here.mkdir(parents=True)
                case "COPY":
                    self._copy(step.rest.split(), here)
                case "RUN":
                    self._run(step.rest, here)
                case word:
                    raise ValueError(f"a stage with {word} can't be acted out")

    def inside(self, text: str) -> str:
        """Move every absolute path of the image in a text below `root`."""
        return re.sub(r"(?<![\w./-])/(?=\w)", f"{self.root}/", text)

    def _copy(self, words: list[str], here: Path) -> None:
        *sources, target = words
        for source in (self.context / name for name in sources):
            if source.is_dir():
                shutil.copytree(source, here / target, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(source, here / target)

    def _run(self, command: str, here: Path) -> None:
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        script = ["/bin/sh", "-ec", self.inside(command)]
        subprocess.run(script, cwd=here, env={**os.environ, "PATH": path}, check=True)
