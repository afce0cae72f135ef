"""One process for the whole run bears all bots: each is a copy that starts at once."""

from collections.abc import AsyncIterator, Iterator
from subprocess import Popen

import pytest

from tests.crash.programs import Nursery, mothering
from tests.postgres import NewDatabase


@pytest.fixture(scope="session")
def mother() -> Iterator[Popen[bytes]]:
    with mothering() as made:
        yield made


@pytest.fixture
async def bots(mother: Popen[bytes]) -> AsyncIterator[Nursery]:
    made = Nursery(mother)
    yield made
    await made.close()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def new_database(request: pytest.FixtureRequest) -> NewDatabase:
    """Call it for the address of a new database; an empty one means a file in the town's folder."""
    if request.param == "sqlite":
        return lambda: ""
    made: NewDatabase = request.getfixturevalue("postgres_url")
    return made
