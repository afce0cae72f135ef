"""
The program that the crash tests kill: the whole bot, started as a copy of a process that has imported it already.

``python -m tests.crash.bot PARENT`` reads one order a line and answers each with the pid of a new bot. Everything
ends with the process that started it.
"""

import asyncio
import gc
import json
import os
import signal
import sys
import traceback
from pathlib import Path
from typing import Any

import bot.adapters.azure.opening  # noqa: F401 - `house` imports it once it is needed, which would be in each copy
from bot.adapters.azure.client import SandboxEndpoint
from bot.bootstrap.house import Laboratory, house
from bot.bootstrap.logs import configure
from bot.bootstrap.serving import keep_quick, running
from bot.settings import Settings
from tests.crash.leash import die_with_parent
from tests.crash.switch import Switch, install

PACE = 1000.0  # posts at once: Slack's limit is not what is tested here


async def serve(order: dict[str, Any], settings: Settings) -> None:
    """Run the bot until SIGTERM."""
    configure(settings)
    laboratory = Laboratory(
        azure=SandboxEndpoint(order["arm"], Path(order["ca_file"])),
        pace_burst=PACE,
    )
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    async with house(settings, laboratory) as built, running(built, stop) as port:
        keep_quick()  # as `serve` does
        await asyncio.to_thread(Path(order["port"]).write_text, str(port), "utf-8")
        await stop.wait()


def _become(order: dict[str, Any], settings: Settings, parent: int) -> None:
    """The copy's whole life: it never returns."""
    code = 1
    try:
        die_with_parent(parent)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        log = os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        for descriptor, target in ((os.open(os.devnull, os.O_RDONLY), 0), (log, 1), (log, 2)):
            os.dup2(descriptor, target)
        install(Switch(Path(order["switch"]), Path(order["told"])).reach)
        asyncio.run(serve(order, settings))
        code = 0
    except BaseException:  # noqa: BLE001 - whatever it was, it is printed, and the code tells
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)


def main(parent: int) -> None:
    """Take orders until the other side closes."""
    die_with_parent(parent)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the copies: the kernel buries them
    gc.freeze()
    own = os.getpid()
    for line in sys.stdin:
        order = json.loads(line)
        # Before the fork: what pydantic learns about its fields, the copies know.
        settings = Settings(**order["settings"])
        pid = os.fork()
        if pid == 0:
            _become(order, settings, own)
        print(pid, flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]))
