"""What is shown of evidence: no secret in it, nothing that acts, and the lines that matter still there."""

import json
import string
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bot.domain.evidence import ItemKind
from bot.domain.redaction import _PIECE, MASK, _pieces, displayed, masked

SECRET = st.text(alphabet=string.ascii_letters + string.digits + "+/_-", min_size=12, max_size=60).filter(
    lambda text: text.strip("-_+/") == text and MASK not in text
)
NAMES = (
    "password",
    "DB_PASSWORD",
    "apiKey",
    "api-key",
    "client_secret",
    "AUTH_TOKEN",
    "connectionString",
    "SESSION_ID",
    "AWS_SECRET_ACCESS_KEY",
    "x-authorization",
    "Set-Cookie",
    "AccountKey",
    "private_key",
)
TELLING = (
    "{name}={secret}",
    "{name}: {secret}",
    '{{"{name}": "{secret}"}}',
    "level=info {name}={secret} path=/x",
    "--{name}={secret}",
    "{name} = '{secret}'",
    '"{name}":"{secret}",',
    "Authorization: Bearer {secret}",
    "authorization: basic {secret}",
    "postgresql://app:{secret}@db.example.com/app",
    "https://x.example.com/y?sig={secret}&v=1",
    r"{{\"{name}\":\"{secret}\"}}",
)


def shown(kind: ItemKind, value: Any) -> str:
    body = value if isinstance(value, str) else json.dumps(value)
    return displayed(kind, body.encode()).decode()


@given(st.sampled_from(TELLING), st.sampled_from(NAMES), SECRET)
def test_a_secret_that_a_log_names_is_masked(form: str, name: str, secret: str) -> None:
    line = f"2026-01-01T00:00:00Z {form.format(name=name, secret=secret)} end of line"
    told = shown(ItemKind.LOG, f"before\n{line}\nafter\n")
    assert secret not in told
    assert told.startswith("before\n")
    assert told.endswith("\nafter\n")


@given(st.text(min_size=1, max_size=40), SECRET)
def test_every_value_of_an_environment_variable_is_masked_whatever_it_is_called(
    name: str, secret: str
) -> None:
    assume(secret not in name)
    pod = {"spec": {"containers": [{"name": "app", "env": [{"name": name, "value": secret}]}]}}
    assert secret not in shown(ItemKind.MANIFEST, pod)


@given(SECRET)
def test_the_manifest_that_kubectl_keeps_in_an_annotation_is_masked_too(secret: str) -> None:
    inner = {"spec": {"containers": [{"env": [{"name": "X", "value": secret}]}]}}
    key = "kubectl.kubernetes.io/last-applied-configuration"
    outer = {"metadata": {"annotations": {key: json.dumps(inner), "note": f"token={secret}"}}}
    assert secret not in shown(ItemKind.OWNER, outer)


@given(SECRET, st.integers(0, 200))
def test_a_manifest_that_was_cut_in_the_middle_still_shows_no_value(secret: str, less: int) -> None:
    pod = {"spec": {"containers": [{"env": [{"name": "X", "value": secret}]}]}, "padding": "x" * 300}
    whole = json.dumps(pod)
    assert secret not in shown(ItemKind.MANIFEST, whole[: len(whole) - less])


@given(SECRET)
def test_a_private_key_is_masked_over_all_its_lines_even_without_its_end(secret: str) -> None:
    lines = "\n".join([secret] * 5)
    begin, end = "-----BEGIN RSA PRIVATE " + "KEY-----", "-----END RSA PRIVATE " + "KEY-----"
    assert secret not in shown(ItemKind.LOG, f"{begin}\n{lines}\n{end}\n")
    assert secret not in shown(ItemKind.LOG, f"{begin}\n{lines}\n")


@given(st.text(max_size=300), st.sampled_from(sorted(ItemKind)))
def test_whatever_it_is_it_is_shown_as_text_without_anything_that_acts(text: str, kind: ItemKind) -> None:
    told = displayed(kind, text.encode("utf-8", "replace")).decode()
    acts = [
        c for c in told if (ord(c) < 32 and c not in "\t\n") or 0x7F <= ord(c) < 0xA0 or c in "\u202e\u200f"
    ]
    assert not acts


@given(st.binary(max_size=500), st.sampled_from(sorted(ItemKind)))
def test_no_bytes_at_all_make_it_fail(body: bytes, kind: ItemKind) -> None:
    displayed(kind, body)


def test_an_escape_sequence_is_spelt() -> None:
    assert shown(ItemKind.LOG, "\x1b[2Jgone\n") == "\\x1b[2Jgone\n"


@pytest.mark.parametrize(
    "line",
    [
        "GET /healthz 200 in 3ms",
        "connect 203.0.113.7:443 established",
        f"image registry.example.com/app@sha256:{'0af3' * 16}",
        "pod 8f14e45f-ceea-467f-a8b2-3c9d0f6f1c2b on node aks-pool1-000001",
        "/usr/lib/python3/site-packages/service/worker/tasks/imports.py line 12",
    ],
)
def test_what_an_investigator_looks_for_stays(line: str) -> None:
    assert masked(line) == line


def test_words_that_only_sound_like_secrets_do_not_hide_the_object() -> None:
    pod = {"spec": {"automountServiceAccountToken": True, "serviceAccountName": "api", "nodeName": "n1"}}
    assert json.loads(shown(ItemKind.MANIFEST, pod)) == pod


def test_a_structure_that_is_too_deep_is_masked_and_not_followed() -> None:
    deep: Any = "secret-of-the-deep"
    for _ in range(60):
        deep = {"x": deep}
    assert "secret-of-the-deep" not in shown(ItemKind.NODE, deep)


@pytest.mark.parametrize(
    "unit", ["password", "a.b-", "-----BEGIN ", "http://a", '"value": "', "token=", '\\"']
)
def test_a_hostile_log_costs_time_in_proportion_to_its_length(unit: str) -> None:
    displayed(ItemKind.LOG, (unit * 20_000).encode())
    displayed(ItemKind.MANIFEST, (unit * 20_000).encode())


WORD = "opensesame9"
AS_LOGS_HAVE_IT = (
    'password: "a\\"{}"',
    '{{"password":["{}"]}}',
    "password=a,{}",
    "password=abc}}{}",
    "password := {}",
    "password            = {}",
    "DB_PASS={}",
    "dbpass: {}",
    '{{"auth":"{}"}}',
    "Ocp-Apim-Subscription-Key: {}",
    "Authorization: Token {}",
    "Proxy-Authorization: Negotiate a b {}",
    "Cookie: a=b; sid={}",
    "app --password {} --port 1",
    "curl -u user:{} http://x.example.com",
    "redis://{}@cache.example.com:6379",
    "postgres://user:p@{}@db.example.com/x",
    "\x1b[31mpassword\x1b[0m=\x1b[32m{}\x1b[0m",
    "<password>{}</password>",
    '<add key="DbPassword" value="{}"/>',
    "client_secret%3D{}",
    "password: |\n  {}",
    "2026-01-01T00:00:00.1Z password:\n2026-01-01T00:00:00.2Z   {}",
)


@pytest.mark.parametrize("form", AS_LOGS_HAVE_IT)
def test_a_secret_is_masked_however_a_log_writes_it(form: str) -> None:
    assert WORD not in shown(ItemKind.LOG, form.format(WORD))


@pytest.mark.parametrize(
    "tree",
    [
        {"spec": {"containers": [{"args": ["serve", "--db-password", WORD, "--port", "1"]}]}},
        {"spec": {"containers": [{"command": ["sh", "-c", f"app --token {WORD}"]}]}},
        {"kind": "Secret", "metadata": {"name": "x"}, "data": {"plain": WORD}, "stringData": {"y": WORD}},
        {"metadata": {"annotations": {"db/my password": WORD}}},
    ],
)
def test_a_secret_in_an_object_is_masked_where_only_its_place_tells(tree: Any) -> None:
    told = shown(ItemKind.MANIFEST, tree)
    assert WORD not in told
    assert WORD not in shown(ItemKind.OWNER, {"metadata": {"annotations": {"applied": json.dumps(tree)}}})


@given(st.sampled_from(("a://:", "password", 'x y,"', "token: z ", "k=v")), st.integers(8000, 40_000))
def test_no_pattern_ever_sees_more_than_a_piece_of_a_line(unit: str, length: int) -> None:
    line = (unit * length)[:length]
    pieces = list(_pieces(line))

    assert "".join(pieces) == line
    assert max(map(len, pieces)) <= _PIECE
