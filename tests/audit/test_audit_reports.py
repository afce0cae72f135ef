"""The report offline: the same log, as a page, as Markdown and as a table, of a request, an incident or all of it."""

import csv
from pathlib import Path

import pytest

from bot.bootstrap.believing import UsageError
from tests.audit.logs import Kept

TITLES = {"html": "<!doctype html>", "markdown": "# Report of", "csv": '"record","time","who"'}


@pytest.fixture
async def signed(kept: Kept) -> Kept:
    """Return a log of 24 records, all signed."""
    await kept.grow(24)
    await kept.sign()
    return kept


async def exported(kept: Kept, file: Path, *options: str) -> str:
    assert await kept.export(file, *options) == 0
    return content(file)


def content(file: Path) -> str:
    return file.read_bytes().decode()


@pytest.mark.parametrize("form", sorted(TITLES))
async def test_a_request_is_exported_in_every_form(signed: Kept, tmp_path: Path, form: str) -> None:
    written = await exported(signed, tmp_path / "report", "--request", "FB-3", "--format", form)
    assert written.startswith(TITLES[form])
    assert "FB-3" in written
    assert "FB-4" not in written


async def test_the_table_of_the_whole_log_has_a_row_for_each_record(signed: Kept, tmp_path: Path) -> None:
    written = await exported(signed, tmp_path / "all.csv", "--format", "csv")
    assert len(list(csv.reader(written.splitlines()))) == 25


async def test_an_incident_that_the_log_does_not_know_leaves_no_file(signed: Kept, tmp_path: Path) -> None:
    file = tmp_path / "none.html"
    with pytest.raises(UsageError, match="no signed record of the incident IN-NONE"):
        await signed.export(file, "--incident", "IN-NONE", "--format", "html")
    with pytest.raises(FileNotFoundError):
        content(file)
