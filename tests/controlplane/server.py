"""A real etcd and kube-apiserver on 127.0.0.1, with RBAC on and a few people who may log in.

There is no kubelet and, unless a test asks for the controllers, nothing that reacts: objects stay as they are
written. Flags: https://kubernetes.io/docs/reference/command-line-tools-reference/kube-apiserver/
"""

import json
import secrets
import socket
import ssl
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.controlplane.leash import leashed

SECONDS_TO_START = 60.0
ATTEMPTS = 3  # a free port can be taken by another program before ours listens on it


@dataclass(frozen=True)
class Person:
    """Someone with a token: the username and groups are what RBAC sees (`kubectl auth whoami`)."""

    username: str
    groups: tuple[str, ...] = ()


PEOPLE: Mapping[str, Person] = MappingProxyType(
    {
        "admin": Person("admin", ("system:masters",)),
        "bot": Person(
            "system:serviceaccount:firebreak:firebreak",
            ("system:serviceaccounts", "system:serviceaccounts:firebreak"),
        ),
        "alice": Person("alice", ("developers",)),
        "bob": Person("bob"),
    }
)


class NotStartedError(Exception):
    """A program of the control plane ended or was not ready in time; the text ends with its log."""


@dataclass(frozen=True)
class ControlPlane:
    """A running API server and how to log in to it."""

    url: str
    directory: Path
    tokens: Mapping[str, str] = field(repr=False)

    @property
    def ca_file(self) -> Path:
        """The certificates that the server's own one is checked against (PEM)."""
        return self.directory / "certificates" / "apiserver.crt"

    @property
    def service_account_key_file(self) -> Path:
        """The private key that signs service account tokens (PEM)."""
        return self.directory / "service-account.key"

    def token(self, user: str) -> str:
        """Return the bearer token of one of PEOPLE."""
        return self.tokens[user]

    def tls(self) -> ssl.SSLContext:
        """Return what a client needs to trust this server and no other."""
        return ssl.create_default_context(cafile=str(self.ca_file))

    def kubeconfig(self, user: str, *, token: str | None = None, context: str = "lab") -> Path:
        """Write a kubeconfig with one context and return its path.

        `user` is one of PEOPLE, or any name when a `token` comes with it (a real service account's, say).
        """
        cluster = {"server": self.url, "certificate-authority": str(self.ca_file)}
        text = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "lab", "cluster": cluster}],
            "users": [{"name": user, "user": {"token": token or self.token(user)}}],
            "contexts": [{"name": context, "context": {"cluster": "lab", "user": user}}],
            "current-context": context,
        }
        path = self.directory / f"{context}-{user}.kubeconfig"
        path.write_text(json.dumps(text), encoding="utf-8")  # JSON is YAML
        return path


@contextmanager
def running_control_plane(programs: Mapping[str, Path], directory: Path) -> Iterator[ControlPlane]:
    """Start etcd and kube-apiserver with all their files under `directory`, and stop them at the end.

    Raises NotStartedError.
    """
    with ExitStack() as started:
        for attempt in range(1, ATTEMPTS + 1):
            folder = directory / str(attempt)
            with ExitStack() as starting:
                try:
                    plane = _start(programs, folder, starting)
                except NotStartedError:
                    if attempt == ATTEMPTS:
                        raise
                else:
                    started.enter_context(starting.pop_all())
                    break
        yield plane


def _start(programs: Mapping[str, Path], folder: Path, stack: ExitStack) -> ControlPlane:
    tokens = {name: secrets.token_hex(16) for name in PEOPLE}
    store_port, peer_port, port = free_ports(3)
    plane = ControlPlane(f"https://127.0.0.1:{port}", folder, MappingProxyType(tokens))
    folder.mkdir(parents=True)
    (folder / "tokens.csv").write_text(_token_lines(tokens), encoding="utf-8")
    plane.service_account_key_file.write_bytes(_new_key())
    log = folder / "etcd.log"
    store = stack.enter_context(leashed([programs["etcd"], *_etcd_flags(folder, store_port, peer_port)], log))
    wait_until(lambda: answers(f"http://127.0.0.1:{store_port}/health"), store, log)
    log = folder / "kube-apiserver.log"
    flags = _apiserver_flags(plane, port, store_port)
    server = stack.enter_context(leashed([programs["kube-apiserver"], *flags], log))
    wait_until(lambda: _ready(plane), server, log)
    return plane


def _etcd_flags(folder: Path, port: int, peer_port: int) -> tuple[str, ...]:
    client, peer = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{peer_port}"
    return (
        f"--data-dir={folder / 'etcd'}",
        f"--listen-client-urls={client}",
        f"--advertise-client-urls={client}",
        f"--listen-peer-urls={peer}",
        f"--initial-advertise-peer-urls={peer}",
        f"--initial-cluster=default={peer}",
        "--unsafe-no-fsync",
        "--log-level=error",
    )


def _apiserver_flags(plane: ControlPlane, port: int, store_port: int) -> tuple[str, ...]:
    return (
        f"--etcd-servers=http://127.0.0.1:{store_port}",
        "--bind-address=127.0.0.1",
        "--advertise-address=127.0.0.1",
        "--endpoint-reconciler-type=none",  # it refuses to publish a loopback address
        f"--secure-port={port}",
        f"--cert-dir={plane.ca_file.parent}",
        f"--service-account-key-file={plane.service_account_key_file}",
        f"--service-account-signing-key-file={plane.service_account_key_file}",
        "--service-account-issuer=https://kubernetes.default.svc",
        "--authorization-mode=Node,RBAC",
        f"--token-auth-file={plane.directory / 'tokens.csv'}",
        "--service-cluster-ip-range=10.96.0.0/16",
        "--disable-admission-plugins=ServiceAccount",  # nothing here makes the default account of a namespace
        "--allow-privileged",
    )


def _token_lines(tokens: Mapping[str, str]) -> str:
    people = ((tokens[name], PEOPLE[name]) for name in PEOPLE)
    return "".join(
        f'{token},{person.username},{person.username},"{",".join(person.groups)}"\n'
        for token, person in people
    )


def _new_key() -> bytes:
    return ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )


def free_ports(count: int) -> tuple[int, ...]:
    """Return ports of 127.0.0.1 that nobody listens on at this moment, each another."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = tuple(int(open_socket.getsockname()[1]) for open_socket in sockets)
    for open_socket in sockets:
        open_socket.close()
    return ports


def wait_until(ready: Callable[[], bool], program: subprocess.Popen[bytes], log: Path) -> None:
    """Ask again and again until `ready`; raise NotStartedError when the program ends or is too slow."""
    give_up = time.monotonic() + SECONDS_TO_START
    while not ready():
        if program.poll() is not None or time.monotonic() > give_up:
            raise NotStartedError(log.read_text(encoding="utf-8", errors="replace")[-2000:])
        time.sleep(0.05)  # another program starts; it has no better sign than its answer


def _ready(plane: ControlPlane) -> bool:
    return plane.ca_file.exists() and answers(f"{plane.url}/readyz", plane.ca_file, plane.token("admin"))


def answers(url: str, ca_file: Path | None = None, token: str = "") -> bool:
    """Tell whether a GET of `url` is answered with 200."""
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {token}"} if token else {})
    try:
        tls = ssl.create_default_context(cafile=str(ca_file)) if ca_file else None
        with urllib.request.urlopen(request, timeout=5, context=tls) as answer:
            return bool(answer.status == 200)
    except urllib.error.HTTPError as refused:
        refused.close()
        return False
    except OSError:
        return False
