"""Who may send alerts: the right credential of each kind, and the wrong, expired, replayed and forged ones."""

import base64
import hashlib
import hmac
import json
import time
from typing import Any

import jwt
import pytest

from tests.adapters.alerts.recorded import body
from tests.alerts.conftest import Post
from tests.alerts.senders import (
    AUDIENCE,
    PASSWORD,
    SENDER,
    SIGNING,
    STAMP,
    TENANT,
    TOKEN,
    basic,
    bearer,
    made,
    right,
    signed,
)

FIRING, GENERIC, GRAFANA = body("alertmanager.firing"), body("generic.firing"), body("grafana.firing")
AZURE, SHELL = body("azure-monitor.log"), body("falco.shell")
OTHER = "22222222-2222-4333-8444-555555555555"


@pytest.fixture
def now() -> float:
    return time.time()  # noqa: TID251 - a sender's own clock


async def test_each_right_credential_is_taken_and_each_post_is_kept(post: Post, now: float) -> None:
    statuses = [
        await post.send("alertmanager", FIRING, bearer(TOKEN)),
        await post.send("generic", GENERIC, basic("pager", PASSWORD)),
        await post.send("grafana", GRAFANA, signed(GRAFANA, now)),
        await post.send("falco", SHELL, certificate=True),
        await post.send("azure-monitor", AZURE, bearer(post.issuer.token())),
    ]

    assert statuses == [200] * 5
    assert await post.kept() == 5


@pytest.mark.parametrize(
    ("source", "headers"),
    [
        ("alertmanager", {}),
        ("alertmanager", bearer("t" * 23)),
        ("alertmanager", bearer("")),
        ("alertmanager", bearer("t\u00e9" * 12)),
        ("alertmanager", {"Authorization": TOKEN}),
        ("alertmanager", basic("t", TOKEN)),
        ("generic", {}),
        ("generic", bearer(PASSWORD)),
        ("generic", basic("pager", PASSWORD[:-1])),
        ("generic", basic("Pager", PASSWORD)),
        ("generic", {"Authorization": "Basic ====="}),
        ("generic", basic("", "")),
        ("grafana", {}),
        ("grafana", bearer(SIGNING)),
        ("falco", bearer(TOKEN)),
        ("azure-monitor", bearer("not.a.token")),
        ("azure-monitor", bearer("a" * 7000)),
    ],
)
async def test_a_wrong_credential_is_refused_and_nothing_is_kept(
    post: Post, source: str, headers: dict[str, str]
) -> None:
    status, said = await post.answered(source, FIRING, headers)

    assert (status, said) == (401, "")
    assert await post.kept() == 0
    assert f'firebreak_alert_posts_total{{outcome="unproved",source="{source}"}} 1.0' in post.metrics()


async def test_two_authorization_headers_are_none(post: Post) -> None:
    twice = [("Authorization", f"Bearer {TOKEN}"), ("Authorization", "Bearer other")]
    async with post.session.post(
        f"{post.url}/alerts/alertmanager", data=FIRING, headers=twice, ssl=post.tls(certificate=False)
    ) as got:
        assert got.status == 401


async def test_a_certificate_of_another_name_is_known_and_may_not(post: Post) -> None:
    assert await post.send("other-falco", SHELL, certificate=True) == 403
    assert await post.send("other-falco", SHELL) == 401


async def test_a_signature_of_another_body_time_or_secret_is_refused(post: Post, now: float) -> None:
    fine = signed(GRAFANA, now)
    forged: list[tuple[bytes, dict[str, str]]] = [
        (GRAFANA + b" ", fine),
        (GRAFANA, signed(GRAFANA, now, "x" * 24)),
        (GRAFANA, {**fine, STAMP: str(int(now) + 1)}),
        (GRAFANA, signed(GRAFANA, now - 301)),
        (GRAFANA, signed(GRAFANA, now + 310)),
        (GRAFANA, {**fine, STAMP: "1e9"}),
        (GRAFANA, {**fine, STAMP: "-1"}),
        (GRAFANA, {key: value for key, value in fine.items() if key != STAMP}),
    ]

    assert [await post.send("grafana", raw, headers) for raw, headers in forged] == [401] * 8
    assert await post.kept() == 0


async def test_what_is_sent_again_within_the_window_is_the_same_alert(post: Post, now: float) -> None:
    fine = signed(GRAFANA, now)
    answers = [await post.answered("grafana", GRAFANA, fine) for _ in range(3)]

    assert [status for status, _ in answers] == [200] * 3
    assert [('"known": true' in said) for _, said in answers] == [False, True, True]
    assert await post.kept() == 1


@pytest.mark.parametrize(
    ("claims", "status"),
    [
        ({"iss": f"https://sts.windows.net/{TENANT}/", "azp": None, "appid": SENDER}, 200),
        ({"exp": 1_700_000_000}, 401),
        ({"nbf": 4_000_000_000}, 401),
        ({"exp": None}, 401),
        ({"aud": "api://another"}, 401),
        ({"aud": [AUDIENCE, "x"]}, 200),
        ({"iss": f"https://login.microsoftonline.com/{OTHER}/v2.0"}, 401),
        ({"iss": f"https://login.microsoftonline.com.evil.example/{TENANT}/v2.0"}, 401),
        ({"tid": OTHER}, 401),
        ({"tid": None}, 401),
        ({"azp": OTHER}, 403),
        ({"azp": None}, 403),
        ({"roles": ["Reader"]}, 403),
        ({"roles": None}, 403),
        ({"roles": "AlertSender"}, 403),
    ],
)
async def test_every_claim_of_a_token_counts(post: Post, claims: dict[str, Any], status: int) -> None:
    assert await post.send("azure-monitor", AZURE, bearer(post.issuer.token(**claims))) == status
    assert await post.kept() == (1 if status == 200 else 0)


async def test_forged_tokens_are_refused(post: Post) -> None:
    mine = made("mine")
    kid = {"kid": "first"}
    whole = post.issuer.token()
    forged = {
        "no algorithm": jwt.encode(right(), "", "none", headers=kid),
        "the public key as a secret": _with_public_key_as_secret(post.issuer.public()),
        "another key under its name": jwt.encode(right(), mine, "RS256", headers=kid),
        "a key that nobody knows": jwt.encode(right(), mine, "RS256", headers={"kid": "mine"}),
        "no key id": jwt.encode(right(), mine, "RS256"),
        "a key of its own": jwt.encode(
            right(), mine, "RS256", headers={"kid": "mine", "jku": "https://evil.example/keys"}
        ),
        "a cut signature": whole[:-3],
        "other claims": ".".join(
            [whole.split(".")[0], post.issuer.token(azp=OTHER).split(".")[1], whole.split(".")[2]]
        ),
        "RS512": jwt.encode(right(), next(iter(post.issuer.keys.values())), "RS512", headers=kid),
    }
    taken = {name: await post.send("azure-monitor", AZURE, bearer(token)) for name, token in forged.items()}

    assert taken == dict.fromkeys(forged, 401)
    assert await post.kept() == 0


def _with_public_key_as_secret(public: bytes) -> str:
    """PyJWT refuses to make this; a forger would not."""

    def part(value: object) -> bytes:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=")

    signing = part({"alg": "HS256", "typ": "JWT", "kid": "first"}) + b"." + part(right())
    mac = hmac.new(public, signing, hashlib.sha256).digest()
    return (signing + b"." + base64.urlsafe_b64encode(mac).rstrip(b"=")).decode()


async def test_a_new_key_is_fetched_once_and_nonsense_does_not_make_us_ask_again(post: Post) -> None:
    assert await post.send("azure-monitor", AZURE, bearer(post.issuer.token())) == 200
    post.issuer.roll("second")
    early = await post.send("azure-monitor", AZURE, bearer(post.issuer.token()))
    for _ in range(5):
        await post.send(
            "azure-monitor", AZURE, bearer(jwt.encode(right(), made("mine"), "RS256", headers={"kid": "odd"}))
        )
    asked = post.issuer.asked
    post.ticks[0] += 61
    later = await post.send("azure-monitor", AZURE, bearer(post.issuer.token()))

    assert (early, asked, later) == (401, 1, 200)
    assert post.issuer.asked == 2


async def test_keys_outlive_an_issuer_that_is_away_but_not_for_ever(post: Post) -> None:
    fine = bearer(post.issuer.token())
    assert await post.send("azure-monitor", AZURE, fine) == 200
    post.issuer.down = True
    post.ticks[0] += 7 * 3600
    assert await post.send("azure-monitor", AZURE, fine) == 200
    post.ticks[0] += 24 * 3600
    assert await post.send("azure-monitor", AZURE, fine) == 401
