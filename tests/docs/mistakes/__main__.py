"""Write ``docs/mistakes.md``."""

from tests.docs.mistakes.page import write

write()
