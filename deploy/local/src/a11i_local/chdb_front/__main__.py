"""Start the front: `python -m a11i_local.chdb_front --listen 127.0.0.1:8123 --path DIR`."""

import asyncio
import os
import signal
import sys
from typing import Final

import uvloop
from aiohttp import web

from a11i_local.chdb_front.engine import DirectoryUnusableError, Engine
from a11i_local.chdb_front.server import Front
from a11i_local.chdb_front.settings import FrontSettings, SettingsError, read_settings

_DRAIN_S: Final = 5.0
"""Time for running statements to end after SIGTERM; then they are stopped. Half a supervisor's patience."""

_MAX_URI_BYTES: Final = 1024 * 1024
"""Longest URL, ClickHouse's own default (http_max_uri_size): statements and parameters may stand in it."""


async def _serve(settings: FrontSettings) -> None:
    """Serve until SIGTERM or SIGINT."""
    host, port = settings.address
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    with Engine(settings.path, max_memory_bytes=settings.max_memory_bytes) as engine:
        runner = web.AppRunner(
            Front(engine, settings).application(),
            handler_cancellation=True,
            access_log=None,
            shutdown_timeout=_DRAIN_S,
            max_line_size=_MAX_URI_BYTES,
            max_field_size=_MAX_URI_BYTES,
        )
        await runner.setup()
        try:
            site = web.TCPSite(runner, host, port)
            await site.start()
            bound = runner.addresses[0]
            print(f"ClickHouse HTTP interface on http://{bound[0]}:{bound[1]}", flush=True)
            await stop.wait()
        finally:
            await runner.cleanup()


def main() -> int:
    """Run the front. Returns the exit code: 0 stopped as asked, 2 cannot start."""
    # The engine takes its time zone from the process; the store's times are UTC.
    os.environ["TZ"] = "UTC"
    try:
        settings = read_settings(sys.argv[1:])
        uvloop.run(_serve(settings))
    except (SettingsError, DirectoryUnusableError) as error:
        print(f"chdb_front: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"chdb_front: cannot listen on {settings.listen}: {error.strerror or error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
