"""Find cyclonus, or build it with Go: `python -m tests.cyclonus.binaries` (minutes, once).

`CYCLONUS` names a folder that has the program already.
"""

import sys

from tests.cyclonus.pin import HERE, PROGRAMS
from tests.goprograms import GoPrograms, ProgramMissingError

__all__ = ["CYCLONUS", "ProgramMissingError"]

CYCLONUS = GoPrograms(
    name="cyclonus",
    folder=HERE,
    packages=PROGRAMS,
    variable="CYCLONUS",
    remedy=(
        "set CYCLONUS to a folder with cyclonus, "
        "or install Go and run `python -m tests.cyclonus.binaries` (minutes, once)"
    ),
)

if __name__ == "__main__":
    CYCLONUS.main(sys.argv[1:] or PROGRAMS)
