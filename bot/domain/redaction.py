"""
What people are shown of evidence: secrets masked, nothing that could act on a terminal. The original is kept apart.

Masking errs on the side of too much: every value of an environment variable is masked, whatever it is called. What
no pattern knows can still stand there; that is why even the display is handed only to those who may read.
"""

import json
import re
from collections.abc import Iterator
from typing import Any, Final

from bot.domain.evidence import LOGS, ItemKind

MASK: Final = "[masked]"
DEEPEST: Final = 40

_NAME: Final = (
    r"(?:passw(?:or)?d|passphrase|pwd|(?:(?<![a-z])|pg|db|user|root|admin|proxy)pass(?![a-z])|(?<![a-z])auth(?![a-z])"
    r"|secret|token|(?:api|access|account|private|signing|encryption|shared|subscription|functions?|master|primary"
    r"|secondary|storage|client)[_-]?key|credential|authorization|cookie|session[_-]?id|signature"
    r"|connection[_-]?string)"
)
_NAMED: Final = re.compile(_NAME, re.IGNORECASE)
_FLAG: Final = re.compile(rf"--?[\w.-]{{0,60}}{_NAME}[\w.-]{{0,60}}", re.IGNORECASE)
_BEGIN: Final = re.compile(r"-----BEGIN [A-Z ]{0,40}PRIVATE KEY[A-Z ]{0,20}-----")
_END: Final = re.compile(r"-----END [A-Z ]{0,40}PRIVATE KEY[A-Z ]{0,20}-----")
_COLOUR: Final = r"(?:\x1b\[[0-9;]{0,20}m){0,3}+"
# After the sign: YAML's mark of a block, and on a line of its own the time that the log gives each line.
_AFTER: Final = (
    rf"{_COLOUR}\s{{0,20}}+(?:[|>][+-]?\s{{1,20}}+)?(?:\d{{4}}-\d\d-\d\dT[\d:.]{{8,20}}(?:Z|[+-]\d\d:\d\d)\s{{1,20}}+)?"
    rf"(?:(?:bearer|basic|token|negotiate|digest)\s{{1,4}})?{_COLOUR}"
)
_VALUE: Final = r"(?:\\\"[^\"\n]*\"?|\"(?:[^\"\\\n]|\\.)*+\"?|'(?:[^'\\\n]|\\.)*+'?|\[[^\]\n]*\]?|\{[^}\n]*\}?|[^\s\"&;]+)"
_NAMES: Final = (
    *("pass", "pwd", "secret", "token", "key", "credential", "auth", "cookie", "session", "signature"),
    "connection",
)
# Each with what must stand somewhere in a line for it to be worth a look. Nothing here may take long on a hostile
# line, for the whole program waits meanwhile: what can be is possessive, and starts at what is rare.
_PATTERNS: Final = tuple(
    (hints, re.compile(pattern, re.IGNORECASE))
    for hints, pattern in (
        # a header's whole value
        (
            ("authorization", "cookie"),
            r"(?P<keep>(?:authorization|cookie)[\"']?\s{0,20}+:\s{0,20}+)[^\s\"'][^\n\"']*",
        ),
        # name=value, name: value, "name": "value", name=>value
        (
            _NAMES,
            (
                rf"(?P<keep>{_NAME}[\w.-]{{0,60}}+{_COLOUR}[\"'\\]{{0,4}}+{_COLOUR}\s{{0,20}}+"
                rf"(?:=>|:=|[:=]|%3[ad]){_AFTER}){_VALUE}"
            ),
        ),
        # --name value
        (
            (" -", '"-', "--"),
            rf"(?P<keep>(?<![\w-])--?[\w.-]{{0,40}}?{_NAME}[\w.-]{{0,40}}+\s{{1,4}}+)(?!-)(?:\"[^\"\n]*\"?|'[^'\n]*'?|[^\s\"']+)",
        ),
        # <name>value</name>, key="name" value="value"
        (("</",), rf"(?P<keep><[\w.:-]{{0,40}}?{_NAME}[\w.:-]{{0,40}}+>)[^<\n]+"),
        (
            ("value=",),
            rf"(?P<keep>(?:key|name)=[\"'][\w.:-]{{0,40}}?{_NAME}[\w.:-]{{0,40}}+[\"']\s{{1,20}}+value=[\"'])[^\"'\n]+",
        ),
        (("bearer", "basic"), r"(?P<keep>\b(?:bearer|basic)\s{1,20}+)[A-Za-z0-9._~+/=-]{6,}"),
        (("-u", "--user"), r"(?P<keep>(?<!\S)(?:-u|--user)[\s=][\"']?[^\s:\"']{1,80}+:)[^\s\"']+"),
        (
            ("://",),
            r"(?P<keep>://[^\s/:@\"']{0,200}+:)[^\s@\"']{1,200}+(?:@[^\s@\"'/]{1,200}+(?=@))*+(?=@)",
        ),
        (("://",), r"(?P<keep>://)[^\s/:@\"']{1,200}+(?=@)"),
        (("sig=", "code=", "key=", "auth=", "sas="), r"(?P<keep>[?&](?:sig|code|key|auth|sas)=)[^\s&\"']+"),
        (("eyj",), r"(?P<keep>)\beyJ[A-Za-z0-9_-]{5,}+(?:\.[A-Za-z0-9_-]*+){1,4}"),
        (
            ("a3t", "akia", "asia", "agpa", "aroa", "anpa"),
            r"(?P<keep>)\b(?:A3T[A-Z0-9]|AKIA|ASIA|AGPA|AROA|ANPA)[A-Z0-9]{12,}\b",
        ),
        (
            ("gh", "glpat-", "npm_", "pypi-", "dop_v1_", "hf_", "aiza", "sg."),
            r"(?P<keep>)\b(?:gh[pousr]_|github_pat_|glpat-|npm_|pypi-|dop_v1_|hf_|AIza|SG\.)[A-Za-z0-9_.-]{10,}",
        ),
        (
            ("xox", "xapp-", "sk-", "sk_", "rk-", "rk_", "pk-", "pk_"),
            r"(?P<keep>)\b(?:xox[a-z]-[A-Za-z0-9-]{6,}|xapp-[A-Za-z0-9-]{6,}|[srp]k[-_][A-Za-z0-9_-]{12,})",
        ),
    )
)
_PIECE: Final = 8192
"""Characters that are looked at in one go: a pattern holds up the whole program while it runs."""
_CUT: Final = re.compile(r"(?<=[^\s:=>|])\s(?=[^\s:=])|,(?=[\"{])")
_LONGEST_WORD: Final = 32
_LONG: Final = re.compile(rf"[A-Za-z0-9+/_=-]{{{_LONGEST_WORD},}}")
_UNSAFE: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")


def displayed(kind: ItemKind, body: bytes) -> bytes:
    """Return evidence as it may be shown: text in UTF-8 in which secrets are masked and control characters spelt."""
    text = body.decode("utf-8", "replace")
    shown = _text(text) if kind in LOGS else _objects(text)
    return spelt(shown).encode("utf-8", "replace")


def spelt(text: str) -> str:
    r"""Return text with every character that acts instead of being seen written as ``\x1b``; lines stay lines."""
    return _UNSAFE.sub(lambda found: f"\\x{ord(found[0]):02x}", text.replace("\r\n", "\n"))


def masked(text: str) -> str:
    """Return text with what looks like a secret masked."""
    return _text(text)


def _objects(text: str) -> str:
    try:
        tree = json.loads(text)
        return json.dumps(_walked(tree, "", 0), indent=2, ensure_ascii=False)
    except (
        ValueError,
        RecursionError,
    ):  # cut, or no JSON: what cannot be read cannot be masked by its structure
        return _text(_values(text))


def _values(text: str) -> str:
    """Mask each ``value`` of a JSON text that is not whole."""
    return re.sub(r'("value"\s{0,4}:\s{0,4})"(?:[^"\\]|\\.)*"?', rf'\1"{MASK}"', text)


def _walked(value: Any, key: str, depth: int) -> Any:
    match value:
        case _ if depth > DEEPEST or (_NAMED.search(key) and _is_plain(value)):
            return MASK
        case dict():
            return _mapping(value, depth)
        case list():
            return _listed(value, key, depth)
        case str():
            return _string(value, depth)
        case _:
            return value


def _listed(value: list[Any], key: str, depth: int) -> list[Any]:
    """Of a command line that is given as a list, what follows ``--password`` is one."""
    walked, before = [], ""
    for item in value:
        flagged = _FLAG.fullmatch(before) and isinstance(item, str) and not item.startswith("-")
        walked.append(MASK if flagged else _walked(item, key, depth + 1))
        before = item if isinstance(item, str) else ""
    return walked


def _is_plain(value: Any) -> bool:
    return isinstance(value, str | int | float) and not isinstance(value, bool) and value != ""


def _mapping(value: dict[str, Any], depth: int) -> dict[str, Any]:
    walked = {_text(key): _walked(item, key, depth + 1) for key, item in value.items()}
    if (
        isinstance(value.get("name"), str) and "value" in value
    ):  # an environment variable, a header of a probe
        walked["value"] = MASK
    if value.get("kind") == "Secret":
        walked |= {key: MASK for key in ("data", "stringData") if key in value}
    return walked


def _string(value: str, depth: int) -> str:
    """A string may itself be JSON: kubectl keeps the whole applied manifest in an annotation."""
    if value.lstrip()[:1] in ("{", "["):
        try:
            return json.dumps(_walked(json.loads(value), "", depth + 1), ensure_ascii=False)
        except (ValueError, RecursionError):
            return MASK
    return _text(value)


def _text(text: str) -> str:
    return "\n".join(_stretches(_without_keys(text).split("\n")))


def _without_keys(text: str) -> str:
    """Mask private keys over all their lines; one without an end is masked to the end of the text."""
    kept, at = list[str](), 0
    while begin := _BEGIN.search(text, at):
        end = _END.search(text, begin.end())
        kept += [text[at : begin.start()], MASK]
        at = end.end() if end else len(text)
    return "".join((*kept, text[at:]))


def _stretches(lines: list[str]) -> Iterator[str]:
    """A name at the end of a line may have its value on the next: those two are looked at as one."""
    at = 0
    while at < len(lines):
        line = lines[at]
        at += 1
        if (
            at < len(lines)
            and line.rstrip().endswith((":", "=", ">", "|"))
            and _hinted(_NAMES, line.casefold())
        ):
            line = f"{line}\n{lines[at]}"
            at += 1
        yield "".join(map(_piece, _pieces(line)))


def _pieces(line: str) -> Iterator[str]:
    """Cut a line that is too long to be looked at in one go, where that parts no name from its value."""
    at = 0
    while len(line) - at > _PIECE:
        cuts = [found.end() for found in _CUT.finditer(line, at + _PIECE // 2, at + _PIECE)]
        stop = cuts[-1] if cuts else at + _PIECE
        yield line[at:stop]
        at = stop
    yield line[at:]


def _piece(text: str) -> str:
    """Most lines of a log name nothing secret; finding that out must cost little."""
    low = text.casefold()
    for hints, pattern in _PATTERNS:
        if _hinted(hints, low):
            text = pattern.sub(lambda found: f"{found['keep']}{MASK}", text)
    return _LONG.sub(_random, text) if len(text) >= _LONGEST_WORD else text


def _hinted(hints: tuple[str, ...], low: str) -> bool:
    return any(hint in low for hint in hints)


def _random(found: re.Match[str]) -> str:
    """Long runs of mixed letters and digits are keys; digests in lower-case hexadecimal and paths are not."""
    run = found[0]
    kinds = (any(c.islower() for c in run), any(c.isupper() for c in run), any(c.isdigit() for c in run))
    return MASK if all(kinds) else run
