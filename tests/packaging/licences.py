"""Which licences a package at run time may have: known by name, and asking nothing of our own code.

MPL-2.0 is file-level copyleft: it binds changes to its own files, and none of them are changed here.
"""

import re
from importlib.metadata import Distribution

PERMITTED = {
    "0BSD",
    "Apache-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "ISC",
    "MIT",
    "MIT-0",
    "MIT-CMU",
    "MPL-2.0",
    "PSF-2.0",
}
# Older metadata is free text or a classifier; each spelling was read in a package that is in the lock.
SPELLINGS = {
    "3-Clause BSD License": "BSD-3-Clause",
    "Apache 2.0": "Apache-2.0",
    "Apache License": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "BSD 2-Clause License": "BSD-2-Clause",
    "BSD License": "BSD-3-Clause",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
}


def stated(distribution: Distribution) -> list[str]:
    """Give what a package's metadata says of its licence, the most exact first; each of them must be permitted.

    An SPDX expression stands alone. Otherwise it is the free text, where it is a known name, and the classifiers;
    unknown text counts where there is nothing else, and where there is not even that, the licence file's title.
    """
    known = distribution.metadata
    if "License-Expression" in known:
        return [known["License-Expression"]]
    text = " ".join(known.get_all("License") or [])
    lines = [line.rpartition(" :: ")[2] for line in known.get_all("Classifier") or [] if "License ::" in line]
    named = [SPELLINGS.get(line, line) for line in (text, *lines) if line != "DFSG approved"]
    return [name for name in named if name in PERMITTED or name in lines] or [text or _titled(distribution)]


def _titled(distribution: Distribution) -> str:
    """Return what the first line of the package's own licence file calls it."""
    files = [file for file in distribution.files or () if file.name == "LICENSE"]
    title = files[0].read_text(encoding="utf-8").partition("\n")[0].strip() if files else ""
    return SPELLINGS.get(title, title)


def permitted(expression: str) -> bool:
    """Say whether one side of each OR has only permitted names; anything that can't be read is refused."""
    return any(
        all(name in PERMITTED for name in re.split(r"\s+AND\s+", side.strip()))
        for side in re.split(r"\s+OR\s+", expression)
    )
