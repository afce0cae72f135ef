"""Recorded bodies with something wrong in them: at a place of their own, or in the bytes. Each seed gives the same ones."""

import copy
import json
import random
from collections.abc import Callable, Iterator
from typing import Any, Final

HOSTILE: Final = (
    "<!channel> <@U0ALICE> <https://evil.example|here>",
    "*_~`>```code```",
    "<script>alert(1)</script>&amp;\"'",
    "=HYPERLINK(1)",
    "'; DROP TABLE inbox; --",
    '| where 1==1 // "',
    "- yaml: {a: [*b]}\n--- !!python/object",
    "two\r\nlines\u2028and\u2029three\u0085four\x0b\x0c",
    "\u202egnp.exe\u202c \u2066x\u2069 \u200f\u061c",
    "\u200b\u200d\ufeff\u00ad\u2060\u180e\ufe0f\U000e0041",
    "\x00\x01\x1b[31m\x7f\x9b",
    "\u3164\u115f\u2800\uffa0\u034f",
    "\ufdd0\uffff\U0010ffff",
    "\ud800",  # half a surrogate: JSON can say it, text cannot hold it
    "\u0065\u0301" * 400,
    "a" * 5000,
    " ",
    "",
)
ODD: Final[tuple[Any, ...]] = (
    *HOSTILE,
    *(None, True, 0, -1, 1 << 80, 1e308, [], {}, [[[]]]),
    *({"$ref": "1"}, {"\u202e": "\x00"}, ["\n"] * 3, {"a" * 400: "\u2028"}),
    *("0001-01-01T00:00:00Z", "9999-12-31T23:59:59-14:00", "2026-11-21T02:11:07", "2026-13-41T99:99:99Z"),
    *("::ffff:203.0.113.66", "fe80::1%eth0\n", "203.0.113.066", "Resolved", "CLOSED", "firing\u200b"),
)

Place = tuple[Any, Any]
Spoil = Callable[[Any, list[Place], random.Random], None]


def spoiled(raw: bytes, choose: random.Random) -> bytes:
    """Return a body with one to four wrong things."""
    if choose.random() < 0.1:
        return _torn(raw, choose)
    sent = json.loads(raw)
    for _ in range(choose.randint(1, 4)):
        places = list(_places(sent))
        if places:
            choose.choice(WAYS)(sent, places, choose)
    told = json.dumps(sent, ensure_ascii=choose.random() < 0.5)
    return told.encode(errors="surrogatepass")  # which is no UTF-8 where half a surrogate is in it


def _places(value: Any) -> Iterator[Place]:
    """Yield every place: what holds it, and its key or number there."""
    if isinstance(value, dict | list):
        for key in list(value) if isinstance(value, dict) else range(len(value)):
            yield value, key
            yield from _places(value[key])


def _replaced(_: Any, places: list[Place], choose: random.Random) -> None:
    holder, key = choose.choice(places)
    holder[key] = copy.deepcopy(choose.choice(ODD))


def _grown(_: Any, places: list[Place], choose: random.Random) -> None:
    """Put something hostile into a text, which then still is what was expected there."""
    texts = [(holder, key) for holder, key in places if isinstance(holder[key], str)]
    if texts:
        holder, key = choose.choice(texts)
        at = choose.randint(0, len(holder[key]))
        holder[key] = holder[key][:at] + choose.choice(HOSTILE) + holder[key][at:]


def _taken(_: Any, places: list[Place], choose: random.Random) -> None:
    holder, key = choose.choice(places)
    holder.pop(key)


def _renamed(_: Any, places: list[Place], choose: random.Random) -> None:
    named = [(holder, key) for holder, key in places if isinstance(holder, dict)]
    if named:
        holder, key = choose.choice(named)
        holder[choose.choice((choose.choice(HOSTILE), key.upper(), f"exported_{key}"))] = holder.pop(key)


def _many(_: Any, places: list[Place], choose: random.Random) -> None:
    lists = [holder[key] for holder, key in places if isinstance(holder[key], list) and holder[key]]
    if lists:
        one = choose.choice(lists)
        one.extend(copy.deepcopy(one[:1]) * choose.choice((1, 5, 70)))


def _swapped(_: Any, places: list[Place], choose: random.Random) -> None:
    (one, first), (other, second) = choose.choice(places), choose.choice(places)
    one[first], other[second] = copy.deepcopy(other[second]), copy.deepcopy(one[first])


def _deep(_: Any, places: list[Place], choose: random.Random) -> None:
    holder, key = choose.choice(places)
    for _ in range(choose.choice((10, 200))):
        holder[key] = [holder[key]] if choose.random() < 0.5 else {"a": holder[key]}


WAYS: Final[tuple[Spoil, ...]] = (_replaced, _grown, _grown, _taken, _renamed, _many, _swapped, _deep)


def _torn(raw: bytes, choose: random.Random) -> bytes:
    """Change the bytes without a thought for what they say."""
    at = choose.randrange(len(raw))
    odd = choose.choice(
        (b"", b"\x00", b"\xff", b"\xed\xa0\x80", b"\xef\xbb\xbf", b'"', b"{", b"\\u0000", b"[" * 2000)
    )
    return choose.choice((raw[:at], raw[:at] + odd + raw[at + 1 :], odd + raw, raw + odd, odd))
