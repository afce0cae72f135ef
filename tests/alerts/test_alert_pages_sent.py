"""What ``docs/alerts`` tells both sides to set up is set up, and the recorded bodies pass between them."""

import json
import re
import time
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import pytest
import yaml

from bot.adapters.store import open_store
from bot.adapters.web.server import listening
from bot.bootstrap.alerts import Clocks, intakes
from bot.bootstrap.entropy import utc_now
from bot.sandbox.tls import MutualCertificates, mint_mutual
from tests.adapters.alerts.recorded import VALID, body, kind
from tests.alerts.pages import DOCS, SECRET, blocks, loaded
from tests.alerts.senders import TENANT, Issuer, basic, issuer, signed
from tests.alerts.trust import trusting
from tests.databases import with_tables

NAME = "firebreak sandbox client"  # whom our own authority vouches for


@dataclass(frozen=True)
class Sender:
    """What a page tells the sender: where to, and what shows who it is. ``tokens`` are Entra's."""

    url: str
    headers: Callable[[bytes, Issuer], Mapping[str, str]]
    certificate: bool = False


def alertmanager(page: Path) -> Sender:
    (text,) = blocks(page, "yaml")
    (receiver,) = [each for each in yaml.safe_load(text)["receivers"] if each["name"] == "firebreak"]
    (hook,) = receiver["webhook_configs"]
    shown = hook["http_config"]["authorization"]
    return Sender(hook["url"], lambda *_: {"Authorization": f"{shown['type']} {SECRET}"})


def grafana(page: Path) -> Sender:
    (text,) = blocks(page, "yaml")
    hook = yaml.safe_load(text)["contactPoints"][0]["receivers"][0]["settings"]
    stamp = hook["hmacConfig"]["timestampHeader"]

    def headers(raw: bytes, _: Issuer) -> Mapping[str, str]:
        made = signed(raw, time.time(), SECRET)  # noqa: TID251 - the intake reads the same clock
        return {stamp: made.popitem()[1], **made}

    return Sender(hook["url"], headers)


def falco(page: Path) -> Sender:
    text, _ = blocks(page, "yaml")
    output = yaml.safe_load(text)["http_output"]
    return Sender(output["url"], lambda *_: {}, certificate=output["mtls"])


def falcosidekick(page: Path) -> Sender:
    """Its custom headers are ``name:value``, separated by commas."""
    _, text = blocks(page, "yaml")
    hook = yaml.safe_load(text)["config"]["webhook"]
    name, value = hook["customHeaders"].replace("<the token>", SECRET).split(":")
    return Sender(hook["address"], lambda *_: {name: value})


def azure_monitor(page: Path) -> Sender:
    (text,) = blocks(page, "json")
    (hook,) = json.loads(text)["webhookReceivers"]
    assert hook["useAadAuth"]
    assert hook["useCommonAlertSchema"]
    assert f'tenant = "{hook["tenantId"]}"' in page.read_text("utf-8")
    return Sender(hook["serviceUri"], lambda _, entra: _token(page, entra, hook["identifierUri"]))


def logic_app(page: Path) -> Sender:
    (text,) = blocks(page, "json")
    inputs = json.loads(text)["inputs"]
    assert inputs["body"] == "@triggerBody()"
    audience = inputs["authentication"]["audience"]
    return Sender(inputs["uri"], lambda _, entra: {**inputs["headers"], **_token(page, entra, audience)})


def curl(page: Path) -> Sender:
    (text,) = blocks(page, "sh")
    found = re.fullmatch(r"curl --fail --user (\w+) --json @alert.json (\S+)\n", text)
    assert found is not None
    return Sender(found[2], lambda *_: basic(found[1], SECRET))


def _token(page: Path, entra: Issuer, audience: str) -> Mapping[str, str]:
    said = "\n".join(blocks(page, "toml"))
    (app,) = re.findall(r'app_ids = \["([^"]+)"\]', said)
    roles = re.findall(r'roles = \["([^"]+)"\]', said)
    return {"Authorization": f"Bearer {entra.token(aud=audience, azp=app, roles=roles or None)}"}


def as_it_is(text: str) -> str:
    return text


def by_token(text: str) -> str:
    """As the page says: a ``token_file`` in the place of ``client_names``."""
    return re.sub(r"client_names = .*", 'token_file = "/etc/firebreak/alerts/falco.token"', text)


@pytest.mark.parametrize(
    ("page", "sender", "edited"),
    [
        ("alertmanager", alertmanager, as_it_is),
        ("grafana", grafana, as_it_is),
        ("falco", falco, as_it_is),
        ("falco", falcosidekick, by_token),
        ("azure-monitor", azure_monitor, as_it_is),
        ("defender", logic_app, as_it_is),
        ("sentinel", logic_app, as_it_is),
        ("generic", curl, as_it_is),
    ],
)
async def test_what_a_page_sets_up_on_both_sides_takes_what_is_recorded_and_nothing_from_strangers(
    page: str, sender: Callable[[Path], Sender], edited: Callable[[str], str], tmp_path: Path
) -> None:
    made = mint_mutual(tmp_path, "alerts.example")
    told = sender(DOCS / f"{page}.md")
    recorded = [body(name) for name in VALID if kind(name) == page]
    async with AsyncExitStack() as stack:
        entra, address = await _taking(
            stack, edited("\n".join(blocks(DOCS / f"{page}.md", "toml"))), tmp_path, made
        )
        web = await stack.enter_async_context(aiohttp.ClientSession())

        async def status(raw: bytes, headers: Mapping[str, str], *, certificate: bool) -> int:
            tls = trusting(made.ca_file, *((made.cert_file, made.key_file) if certificate else ()))
            url = f"{address}{urlsplit(told.url).path}"
            async with web.post(url, data=raw, headers=headers, ssl=tls) as got:
                return got.status

        taken = [
            await status(raw, told.headers(raw, entra), certificate=told.certificate) for raw in recorded
        ]
        strange = await status(recorded[0], {}, certificate=False)

    assert recorded
    assert taken == [200] * len(recorded)
    assert strange == 401


async def _taking(
    stack: AsyncExitStack, text: str, folder: Path, made: MutualCertificates
) -> tuple[Issuer, str]:
    """Take alerts by these settings, with a tenant and certificates that are here; return who issues tokens, and the address."""
    given: dict[str, Any] = {
        "tls.crt": made.chain,
        "tls.key": made.key,
        "clients.crt": made.ca_file.read_bytes(),
    }
    etc = folder / "etc"
    etc.mkdir()
    for name, content in given.items():
        (etc / name).write_bytes(content)
    own = '[alert_server]\ncert_file = "/etc/firebreak/alerts/tls.crt"\nkey_file = "/etc/firebreak/alerts/tls.key"\n'
    text = text if "[alert_server]" in text else f"{text}\n{own}"
    text = re.sub(r'tenant = "[^"]+"', f'tenant = "{TENANT}"', text).replace("falco.falco.svc", NAME)
    settings = loaded(etc, text)
    (folder / "issuer").mkdir()
    entra, authority = await stack.enter_async_context(issuer(folder / "issuer"))
    url = f"sqlite+aiosqlite:///{folder}/firebreak.db"
    await with_tables(url)
    store = await stack.enter_async_context(open_store(url, clock=utc_now))
    built = await intakes(stack, settings, store, Clocks(utc_now, time.monotonic), authority)
    assert built.tls is not None
    port = await stack.enter_async_context(listening(("127.0.0.1", 0), built.routes, built.tls))
    return entra, f"https://localhost:{port}"
