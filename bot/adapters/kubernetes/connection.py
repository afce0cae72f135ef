"""How one cluster is reached: by the service account of our own pod, or by a context of a kubeconfig."""

from typing import Any, Final
from urllib.parse import urlsplit

import msgspec
import yaml
from kubernetes.aio import config
from kubernetes.aio.client import Configuration

from bot.domain.errors import DeniedError

_library: Any = config  # has no types

LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})
MEBI: Final = 1024 * 1024


class Connection(msgspec.Struct, frozen=True):
    """
    The settings of one cluster.

    Without ``kubeconfig`` and ``context`` it is the cluster that we run in. ``context`` alone means the default
    kubeconfig, ``kubeconfig`` alone its current context. ``proxy`` is used instead of the kubeconfig's own;
    the environment's proxies are never used. Times are in seconds: ``timeout`` for one whole answer, less than
    the engine's limit for a call. ``concurrency`` is how many calls run at once, ``largest`` bounds one answer
    in bytes.
    """

    name: str
    kubeconfig: str = ""
    context: str = ""
    proxy: str = ""
    connect_timeout: float = 5.0
    timeout: float = 15.0
    concurrency: int = 8
    largest: int = 64 * MEBI

    @property
    def in_cluster(self) -> bool:
        """Whether it is the cluster that we run in."""
        return not self.kubeconfig and not self.context


def configuration_of() -> Configuration:
    """Return the client's configuration, still without address and credentials; it repeats nothing by itself."""
    made = Configuration()
    made.retries = None
    return made


async def load(connection: Connection, into: Configuration) -> None:
    """
    Read address and credentials, with all kinds of login that the client library knows.

    Runs a kubeconfig's exec plugin and renews tokens, so it is called again when they have expired. The file is
    never written to. Raises ``DeniedError`` with the remedy for what cannot be used.
    """
    try:
        if connection.in_cluster:
            _library.load_incluster_config(client_configuration=into)
        else:
            await _load_file(connection, into)
    except (config.ConfigException, OSError, yaml.YAMLError) as error:
        raise unusable(connection, f"cannot be loaded ({type(error).__name__})") from error
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        # The library reads a malformed file without looking; what it stumbled over may be a secret.
        raise unusable(connection, f"is malformed ({type(error).__name__})") from None
    for name, value in into.api_key.items():
        into.api_key[name] = value.strip()  # files with a token often end in a newline
    check(connection, into)


async def _load_file(connection: Connection, into: Configuration) -> None:
    loader: Any = await _library.load_kube_config(
        config_file=connection.kubeconfig or None,
        context=connection.context or None,
        client_configuration=into,
        persist_config=False,
    )
    user = loader._user  # noqa: SLF001 - an exec plugin that fails is only logged by the library
    if user is not None and "exec" in user and not (into.api_key or into.cert_file):
        raise unusable(connection, "names an exec plugin that gave no credential: run it by hand to see why")


def check(connection: Connection, made: Configuration) -> None:
    """Raise ``DeniedError`` for a way to the cluster on which somebody could play the API server."""
    if not made.verify_ssl:
        text = (
            "sets insecure-skip-tls-verify, which is refused: a forged API server is a forged containment. "
        )
        raise unusable(connection, text + "Give it certificate-authority-data instead")
    address = urlsplit(made.host)
    if address.scheme != "https" and address.hostname not in LOOPBACK:
        raise unusable(connection, "names an API server without https://, which is refused")


def unusable(connection: Connection, why: str) -> DeniedError:
    """Return the error for a configuration that a person must change."""
    source = "the pod's service account" if connection.in_cluster else "its kubeconfig"
    return DeniedError("ClusterConfig", f"cluster {connection.name}: {source} {why}")
