"""`python -m tests.corpus.servers --port-file F`: serves until it is ended; F then holds {"http": <port>}."""

import argparse
import asyncio
import json
import signal
from collections.abc import Callable
from pathlib import Path

from aiohttp import web

from tests.corpus.servers.app import build


async def _serve(announce: Callable[[str], object]) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    runner = web.AppRunner(build(), access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        announce(json.dumps({"http": runner.addresses[0][1]}))
        await stop.wait()
    finally:
        await runner.cleanup()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port-file", type=Path, required=True)
    asyncio.run(_serve(parser.parse_args().port_file.write_text))
