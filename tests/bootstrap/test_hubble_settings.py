"""A relay that could be forged, or half a pair of files, stops the start with its name and what to do."""

from pathlib import Path

import pytest

from bot.bootstrap.flows import flow_sources
from bot.sandbox.flows.events import Wire, forwarded
from bot.sandbox.tls import mint_mutual
from bot.settings import Settings, SettingsError, load
from tests.adapters.flows.hubble_stage import API, EVIL, NAME, NOON, question, relay_double, see

SLACK = '[slack]\nbot_token = "xoxb-1"\napp_token = "xapp-1"\nchannels = {"*" = "C0123"}\n'
CLUSTER = "[clusters.prod]\nin_cluster = true\n[clusters.prod.hubble]\n"


def written(folder: Path, lines: str) -> Settings:
    file = folder / "firebreak.toml"
    file.write_text(SLACK + CLUSTER + lines, encoding="utf-8")
    return load(file)


def loaded(folder: Path, lines: str) -> object:
    return written(folder, lines).clusters["prod"].hubble


@pytest.mark.parametrize(
    "lines",
    [
        'address = "hubble-relay.kube-system.svc:443"\nca_file = "ca.crt"',
        'address = "10.0.0.7:443"\nca_file = "c"\ncert_file = "a"\nkey_file = "b"\nserver_name = "x.cilium.io"',
        'address = "127.0.0.1:4245"',
        'address = "localhost:4245"',
        'address = "[::1]:4245"',
    ],
)
def test_what_is_proved_or_on_this_machine_is_taken(tmp_path: Path, lines: str) -> None:
    assert loaded(tmp_path, lines) is not None


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ('address = "hubble-relay.kube-system.svc:80"', "needs ca_file"),
        ('address = "https://hubble-relay:443"\nca_file = "c"', "give host and port"),
        ('address = "hubble-relay"\nca_file = "c"', "give host and port"),
        ('address = "hubble-relay:0"\nca_file = "c"', "give host and port"),
        ('address = "hubble-relay:70000"\nca_file = "c"', "give host and port"),
        ('address = "unix:/run/hubble.sock"\nca_file = "c"', "give host and port"),
        ('address = "hubble-relay:443\\n"\nca_file = "c"', "give host and port"),
        ('address = "127.0.0.1:4245"\nserver_name = "a.example.com"', "TLS, which needs ca_file"),
        ('address = "a:443"\nca_file = "c"\ncert_file = "tls.crt"', "go together"),
        ('address = "a:443"\nca_file = "c"\nkey_file = "tls.key"', "go together"),
        ('address = "a:443"\nca_file = "c"\nserver_name = "a b"', "the name in a certificate"),
        ('address = "a:443"\nca_file = "c"\ninsecure = true', "there is no such setting"),
        ('ca_file = "c"', "clusters.prod.hubble.address: it is missing"),
    ],
)
def test_what_could_be_forged_or_cannot_work_is_refused_with_its_name(
    tmp_path: Path, lines: str, told: str
) -> None:
    with pytest.raises(SettingsError) as refused:
        loaded(tmp_path, lines)

    assert "clusters.prod.hubble" in str(refused.value)
    assert told in str(refused.value)


async def test_what_the_settings_name_is_asked_over_mutual_tls(tmp_path: Path) -> None:
    double, proof = relay_double(), mint_mutual(tmp_path, NAME)
    see(double, forwarded(Wire(API, EVIL, 443), NOON))
    async with double.serving(proof):
        lines = (
            f'address = "{double.address}"\nca_file = "{proof.ca_file}"\ncert_file = "{proof.cert_file}"\n'
            f'key_file = "{proof.key_file}"\nserver_name = "{NAME}"'
        )
        (source,) = [
            one for one in flow_sources(written(tmp_path, lines), lambda: NOON) if one.name == "hubble"
        ]
        taken = await source.ask(question(), 10)

    assert source.serves("prod")
    assert len(taken.flows) == 5


def test_without_a_relay_nobody_is_asked(tmp_path: Path) -> None:
    settings = written(tmp_path, 'address = "127.0.0.1:4245"').model_copy(update={"clusters": {}})

    assert [one for one in flow_sources(settings, lambda: NOON) if one.name == "hubble"] == []
