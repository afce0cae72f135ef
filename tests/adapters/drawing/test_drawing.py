"""Pictures of who talks to whom: truly PNG, the same every time, unharmed by names, and never waited for too long."""

import asyncio
import io
import os
import shlex
import sys
import zlib
from asyncio.subprocess import PIPE
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from bot.adapters.drawing.drawer import Drawer, ended
from bot.adapters.drawing.ink import LETTERS, STROKES, clean, face, fitted
from bot.adapters.drawing.layout import DENSE, WIDTH, plan
from bot.adapters.drawing.painter import paint
from bot.adapters.drawing.program import LONGEST
from bot.domain.flows.peers import Lot
from bot.domain.flows.picturing import MOST, Group, Sketch, Spoke
from bot.domain.queries import Unavailable

HOSTILE = "\u202eevil\n\x00$x^{2}$ <b>&amp; \U0001f600 中文 *`~ " * 5


def spoke(number: int, lot: Lot = Lot.PASSES, *, inbound: bool = False) -> Spoke:
    group = list(Group)[number % len(Group)]
    return Spoke(f"payments/orders-{number}:5432", group, lot, number + 1, "3 · denied", inbound)


def sketch(*spokes: Spoke, more: int = 0) -> Sketch:
    return Sketch("Who talks to whom", "15 minutes", "payments/api-1", spokes, more)


def opened(png: bytes) -> Image.Image:
    with Image.open(io.BytesIO(png), formats=["PNG"]) as image:
        image.load()
        return image.convert("RGB")


def colours(image: Image.Image) -> set[tuple[int, int, int]]:
    return {found[1] for found in image.getcolors(1 << 24) or () if isinstance(found[1], tuple)}  # type: ignore[misc]  # RGB has three


def near(image: Image.Image, colour: str) -> bool:
    """Whether a colour is in the picture: the palette is reduced, so nearly that."""
    wanted = tuple(int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return any(sum(abs(a - b) for a, b in zip(found, wanted, strict=True)) < 60 for found in colours(image))


@pytest.mark.parametrize("peers", [0, 1, 12, DENSE + 1, MOST])
def test_a_picture_is_a_png_of_its_width_that_grows_with_its_rows(peers: int) -> None:
    image = opened(paint(sketch(*map(spoke, range(peers)))))

    assert image.width == WIDTH
    assert image.height == pytest.approx(plan(sketch(*map(spoke, range(peers)))).bottom, abs=80)
    assert image.height < 5000


def test_the_same_sketch_gives_the_same_bytes() -> None:
    given = sketch(*(spoke(n, lot) for n, lot in enumerate(Lot)))

    assert zlib.crc32(paint(given)) == zlib.crc32(paint(given))


@pytest.mark.parametrize("lot", list(Lot))
def test_a_verdict_has_a_colour_of_its_own(lot: Lot) -> None:
    image = opened(paint(sketch(spoke(1, lot))))

    assert near(image, STROKES[lot].colour)


def test_a_verdict_is_told_by_the_line_too() -> None:
    dashes = {STROKES[lot].dashes for lot in Lot}

    assert len(dashes) == len(Lot)
    assert STROKES[Lot.PASSES].dashes == ()
    drawn = {lot: _coloured(opened(paint(sketch(spoke(1, lot)))), STROKES[lot].colour) for lot in Lot}
    assert drawn[Lot.PASSES] > 1.2 * drawn[Lot.DENIED] > 0


def _coloured(image: Image.Image, colour: str) -> int:
    wanted = tuple(int(colour[at : at + 2], 16) for at in (1, 3, 5))
    line = image.crop((260, 100, 500, 300))  # between the subject and the peer, where there are no letters
    found = line.getcolors(1 << 24) or ()
    return sum(
        count
        for count, at in found
        if isinstance(at, tuple) and sum(abs(a - b) for a, b in zip(at, wanted, strict=True)) < 90
    )


def test_names_from_outside_are_letters_and_nothing_else() -> None:
    assert set(clean(HOSTILE)) <= LETTERS
    assert clean("\u202e中\n$") == "\\u202e\\u4e2d\\u000a$"
    given = Sketch(
        HOSTILE[:300],
        HOSTILE[:300],
        HOSTILE[:300],
        (Spoke(HOSTILE[:300], Group.EXTERNAL, Lot.PASSES, 3, HOSTILE[:300]),),
    )
    assert opened(paint(given)).width == WIDTH


@given(st.text(max_size=300), st.floats(10, 600))
@settings(max_examples=60)
def test_a_text_never_is_wider_than_its_room(text: str, room: float) -> None:
    shown = fitted(text, face(12), room)

    assert face(12).getlength(shown) <= room or shown == "…"
    assert set(shown) <= LETTERS


def test_what_is_left_out_is_counted_in_the_picture() -> None:
    told = plan(sketch(spoke(1), more=34))

    assert any("and 34 more" in heading.text for heading in told.headings)


def test_both_hops_of_a_trace_stand_beside_each_other() -> None:
    near_one = msgspec.structs.replace(spoke(1), next=(spoke(2), spoke(3)), more=4)
    rows = plan(sketch(near_one)).rows

    assert [row.spoke is None for row in rows] == [False, False, False, True]
    assert rows[0].dot[0] < rows[1].start[0] < rows[1].dot[0] == rows[2].dot[0]
    assert rows[3].text == "and 4 more"


# -- the program ----------------------------------------------------------------------------------------------


async def test_a_program_of_its_own_draws_the_same_picture() -> None:
    given = sketch(spoke(1), spoke(2, Lot.DENIED, inbound=True))

    assert await Drawer().draw(given) == paint(given)


def alive(number: int) -> bool:
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    return True


def hanging(told: Path) -> tuple[str, ...]:
    """Return a program that starts at once, tells its number, and never ends by itself."""
    return ("/bin/sh", "-c", f"echo $$ > {shlex.quote(str(told))}; exec sleep 600")


async def test_a_program_that_hangs_is_ended_at_the_deadline(tmp_path: Path) -> None:
    told = tmp_path / "pid"
    found = await Drawer(hanging(told), deadline=1.0).draw(sketch())

    assert isinstance(found, Unavailable)
    assert "not drawn within 1 s" in found.why
    assert not told.exists() or not alive(int(told.read_text()))


async def test_whoever_stops_waiting_leaves_no_program_behind(tmp_path: Path) -> None:
    told = tmp_path / "pid"
    drawing = asyncio.create_task(Drawer(hanging(told)).draw(sketch()))
    while not (told.exists() and told.read_text()):
        await asyncio.sleep(0.01)
    drawing.cancel()
    await asyncio.gather(drawing, return_exceptions=True)

    assert not alive(int(told.read_text()))


def broken() -> Iterator[tuple[str, str]]:
    yield "dies", "raise SystemExit(3)"
    yield "says nothing", "pass"
    yield "says something else", "print('<svg/>')"
    yield (
        "says too much",
        "import sys\nwhile True: sys.stdout.buffer.write(b'\\x89PNG\\r\\n\\x1a\\n' * 65536)",
    )


@pytest.mark.parametrize("code", [code for _, code in broken()], ids=[name for name, _ in broken()])
async def test_a_program_that_draws_nothing_gives_no_picture(code: str) -> None:
    found = await Drawer((sys.executable, "-I", "-c", code)).draw(sketch())

    assert isinstance(found, Unavailable)


def pipes() -> set[str]:
    """Return the pipes that this program holds."""
    there = (one for one in Path("/proc/self/fd").iterdir() if one.is_symlink())
    return {held for one in there if (held := _behind(one)).startswith("pipe:")}


def _behind(one: Path) -> str:
    try:
        return str(one.readlink())
    except FileNotFoundError:  # it was the one that lists them
        return ""


def blocked(pid: int) -> bool:
    """Return whether a program waits, as one does whose pipe is full (proc(5), stat)."""
    return Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()[0] == "S"


async def test_a_program_that_nobody_listens_to_any_more_is_ended_with_its_pipe() -> None:
    before = pipes()
    program = await asyncio.create_subprocess_exec(
        sys.executable, "-I", "-c", dict(broken())["says too much"], stdin=PIPE, stdout=PIPE
    )
    assert program.stdin is not None
    assert program.stdout is not None
    program.stdin.close()
    await program.stdout.read(1)
    while not blocked(program.pid):
        await asyncio.sleep(0.01)

    async with asyncio.timeout(30):
        await ended(program)

    assert program.returncode == -9
    assert pipes() <= before


async def test_a_program_that_is_not_there_gives_no_picture() -> None:
    assert isinstance(await Drawer(("/nowhere/python",)).draw(sketch()), Unavailable)


async def run(body: bytes) -> tuple[int, bytes]:
    """Run the program itself on any bytes."""
    program = await asyncio.create_subprocess_exec(
        sys.executable,
        "-I",
        "-m",
        "bot.adapters.drawing.program",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env={},
    )
    out, _ = await program.communicate(body)
    assert program.returncode is not None
    return program.returncode, out


async def test_the_program_refuses_what_is_no_sketch() -> None:
    many = msgspec.json.encode(
        {"title": "", "subtitle": "", "centre": "", "spokes": [msgspec.to_builtins(spoke(1))] * (MOST + 1)}
    )
    long = msgspec.json.encode({"title": "a" * 301, "subtitle": "", "centre": "", "spokes": []})

    for body in (b"", b"[]", b"\xff", many, long, b" " * (LONGEST + 1)):
        assert await run(body) == (2, b"")
