"""Network namespaces and whoever listens and calls in them, all held by one small program. Run as a script.

It reads one JSON command per line and answers each with one line. The namespaces have no names: they live as long as
this program holds them, and it ends with its standard input, so that nothing is left of a test run that was killed.
A socket stays in the namespace in which it was made, so one process can be on every end of every connection.
"""

import asyncio
import ctypes
import errno
import json
import os
import selectors
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

CLONE_NEWNET = 0x40000000  # linux/sched.h
IP_PKTINFO = 8  # linux/in.h
PACKET_INFO = struct.Struct("i4s4s")  # struct in_pktinfo: interface, local address, address that was called
SOCKETS = {"tcp": socket.SOCK_STREAM, "udp": socket.SOCK_DGRAM, "icmp": socket.SOCK_DGRAM}
ECHO_REQUEST = struct.pack("!BBHHH", 8, 0, 0, 0, 1)  # the kernel fills in its own identifier and the checksum
AT_ONCE = 256  # packets of one burst; the answers are read in between
NOBODY_ANSWERS = frozenset({errno.EHOSTUNREACH, errno.ENETUNREACH, errno.ETIMEDOUT})
GONE = frozenset({errno.ECONNRESET, errno.EPIPE, errno.ECONNREFUSED, errno.EAGAIN})
Found = Callable[[str], None]

_libc = ctypes.CDLL(None, use_errno=True)


def _checked(status: int) -> None:
    if status:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


class Wire:
    """The namespaces by name, and one selector for every socket in them."""

    def __init__(self) -> None:
        self.home = os.open("/proc/self/ns/net", os.O_RDONLY)
        self.spaces: dict[str, int] = {}
        self.owned: dict[str, set[socket.socket]] = {}
        self.held: dict[str, socket.socket] = {}
        self.selector = selectors.DefaultSelector()

    # -- commands ---------------------------------------------------------------------------------------

    def make(self, name: str) -> str:
        """Make an empty namespace and return the path that stands for it while this program runs."""
        try:
            _checked(_libc.unshare(CLONE_NEWNET))
            # not inheritable: a program that is started from here is no further owner
            self.spaces[name] = os.open("/proc/self/ns/net", os.O_RDONLY)
            self.owned[name] = set()
            Path("/proc/sys/net/ipv4/ping_group_range").write_text("0 0", encoding="ascii")
        finally:
            _checked(_libc.setns(self.home, CLONE_NEWNET))
        return f"/proc/{os.getpid()}/fd/{self.spaces[name]}"

    def drop(self, name: str) -> None:
        """Let go of a namespace: its interfaces, and their other ends, are gone with it."""
        for open_socket in self.owned.pop(name):
            self._close(open_socket)
        os.close(self.spaces.pop(name))

    def run(self, at: str, command: list[str], text: str = "") -> str:
        """Run a command in a namespace and return its output. Raises RuntimeError when it fails."""
        with self._inside(at):
            ended = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
        if ended.returncode:
            raise RuntimeError(f"{' '.join(command)}: {ended.stderr}")
        return ended.stdout

    def write(self, at: str, values: Mapping[str, str]) -> None:
        """Set sysctls of a namespace."""
        with self._inside(at):
            for name, value in values.items():
                Path("/proc/sys/net", name).write_text(value, encoding="ascii")

    def listen(self, at: str, protocol: str, ports: list[int]) -> None:
        """Echo whatever comes to these ports of a namespace, at any address it has."""
        for port in ports:
            with self._inside(at):
                made = socket.socket(socket.AF_INET, SOCKETS[protocol])
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            made.setblocking(False)
            made.bind(("0.0.0.0", port))  # the namespace has no way to the machine's own network
            self.owned[at].add(made)
            if protocol == "tcp":
                made.listen(512)
                self.selector.register(made, selectors.EVENT_READ, lambda it=made: self._accept(it, at))
            else:
                made.setsockopt(socket.IPPROTO_IP, IP_PKTINFO, 1)
                self.selector.register(made, selectors.EVENT_READ, lambda it=made: _echo_datagram(it))

    def relay(self, at: str, port: int) -> None:
        """Lead 127.0.0.1:port of a namespace to the same port of the machine."""
        with self._inside(at):
            made = socket.create_server(("127.0.0.1", port))
        threading.Thread(target=lambda: asyncio.run(_relay(made, port)), daemon=True).start()

    def probe(self, tries: list[tuple[str, str, str, int]], patience: float) -> list[str]:
        """Try (namespace, address, protocol, port) all at once: `open`, `cut` (silence), or `refused` each."""
        seen = ["cut"] * len(tries)
        waiting: dict[int, socket.socket] = {}
        for index, (at, address, protocol, port) in enumerate(tries):

            def found(what: str, index: int = index) -> None:
                seen[index] = what
                self._close(waiting.pop(index))

            with self._inside(at):
                made = _socket(protocol)
            waiting[index] = made
            self._call(made, (address, port), protocol, found)
            if index % AT_ONCE == AT_ONCE - 1:
                self._turn(0)
        deadline = time.monotonic() + patience
        while waiting and (left := deadline - time.monotonic()) > 0:
            self._turn(left)
        for _ in range(3):  # what has come while this program was not running: call, answer, and its reading
            self._turn(0)
        for index in tuple(waiting):
            self._close(waiting.pop(index))
        return seen

    def hold(self, name: str, at: str, address: str, port: int, patience: float) -> str:
        """Open a connection and keep it under this name."""
        with self._inside(at):
            made = socket.socket()
        made.settimeout(patience)
        try:
            made.connect((address, port))
        except TimeoutError:
            made.close()
            return "cut"
        self.held[name] = made
        return "open"

    def echo(self, name: str, patience: float) -> str:
        """Tell whether a kept connection still carries: `alive`, or `silent`."""
        kept, nonce = self.held[name], os.urandom(8)
        kept.settimeout(0)
        with suppress(BlockingIOError):
            while kept.recv(4096):  # late echoes of what was sent before
                pass
        kept.sendall(nonce)
        deadline, heard = time.monotonic() + patience, b""
        while nonce not in heard and (left := deadline - time.monotonic()) > 0:
            self._turn(min(left, 0.01))
            with suppress(BlockingIOError):
                heard += kept.recv(4096)
        return "alive" if nonce in heard else "silent"

    def release(self, name: str) -> None:
        """Close a kept connection."""
        self.held.pop(name).close()

    # -- sockets ----------------------------------------------------------------------------------------

    @contextmanager
    def _inside(self, at: str) -> Iterator[None]:
        _checked(_libc.setns(self.spaces[at], CLONE_NEWNET))
        try:
            yield
        finally:
            _checked(_libc.setns(self.home, CLONE_NEWNET))

    def _turn(self, patience: float) -> None:
        for key, _ in self.selector.select(max(patience, 0)):
            if key.data is not None:
                key.data()

    def _call(self, made: socket.socket, where: tuple[str, int], protocol: str, found: Found) -> None:
        made.setblocking(False)
        status = made.connect_ex(where)
        if status not in {0, errno.EINPROGRESS}:
            found("cut" if status in NOBODY_ANSWERS else "refused")
        elif protocol == "tcp":
            made.setsockopt(
                socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
            )  # leaves no TIME_WAIT
            self.selector.register(made, selectors.EVENT_WRITE, lambda: found(_connected(made)))
        else:
            with suppress(OSError):  # whatever there is to say about it, the reading says
                made.send(ECHO_REQUEST if protocol == "icmp" else os.urandom(8))
            self.selector.register(made, selectors.EVENT_READ, lambda: found(_answered(made)))

    def _accept(self, listener: socket.socket, at: str) -> None:
        with suppress(OSError):  # the caller may be gone already
            made, _ = listener.accept()
            made.setblocking(False)
            self.owned[at].add(made)
            self.selector.register(made, selectors.EVENT_READ, lambda: self._echo_stream(made, at))

    def _echo_stream(self, made: socket.socket, at: str) -> None:
        try:
            heard = made.recv(4096)
            if heard:
                made.send(heard)
                return
        except OSError as error:
            if error.errno not in GONE:
                raise
        self.owned[at].discard(made)
        self._close(made)

    def _close(self, made: socket.socket) -> None:
        with suppress(KeyError):
            self.selector.unregister(made)
        made.close()


def _socket(protocol: str) -> socket.socket:
    return socket.socket(socket.AF_INET, SOCKETS[protocol], socket.IPPROTO_ICMP if protocol == "icmp" else 0)


def _connected(made: socket.socket) -> str:
    status = made.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    return "open" if not status else "cut" if status in NOBODY_ANSWERS else "refused"


def _answered(made: socket.socket) -> str:
    try:
        made.recv(4096)
    except OSError as error:
        return "cut" if error.errno in NOBODY_ANSWERS else "refused"
    return "open"


def _echo_datagram(made: socket.socket) -> None:
    with suppress(OSError):  # an ICMP error about an answer that nobody waited for
        heard, extra, _, sender = made.recvmsg(4096, socket.CMSG_SPACE(PACKET_INFO.size))
        _, _, to = PACKET_INFO.unpack(extra[0][2])
        # from the address that was called, which need not be the first of the interface
        made.sendmsg([heard], [(socket.IPPROTO_IP, IP_PKTINFO, PACKET_INFO.pack(0, to, to))], 0, sender)


async def _relay(listener: socket.socket, port: int) -> None:
    async def copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while heard := await reader.read(1 << 16):
                writer.write(heard)
                await writer.drain()
        writer.close()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            inner, outer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            writer.close()
            return
        await asyncio.gather(copy(reader, outer), copy(inner, writer))

    async with await asyncio.start_server(serve, sock=listener) as server:
        await server.serve_forever()


def main() -> None:
    """Do what standard input says until it ends."""
    wire = Wire()
    wire.selector.register(sys.stdin, selectors.EVENT_READ, None)
    pending = b""
    while True:
        wire._turn(60)
        if not _readable():
            continue
        heard = os.read(0, 1 << 20)
        if not heard:
            return
        *lines, pending = (pending + heard).split(b"\n")
        for line in lines:
            print(json.dumps(_done(wire, json.loads(line))), flush=True)


def _readable() -> bool:
    with selectors.SelectSelector() as one:
        one.register(sys.stdin, selectors.EVENT_READ)
        return bool(one.select(0))


def _done(wire: Wire, command: dict[str, Any]) -> dict[str, Any]:
    try:
        return {"found": getattr(wire, command.pop("do"))(**command)}
    except Exception as error:  # noqa: BLE001 - told to the other side, which raises it
        return {"error": f"{type(error).__name__}: {error}"}


if __name__ == "__main__":
    main()
