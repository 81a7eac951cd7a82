"""Orders that a service carries out by itself: given once, and followed to their end."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import TypeVar

import grpc

from a11i_cli.errors import CommandError

Order = TypeVar("Order")

LOOK_S = 0.5
"""Between looks at an order that is waited for."""
AWAY_S = 60.0
"""How long the service may be away meanwhile."""
TRIES = 3
"""An order has an id of its own, so a call whose answer was lost is made again."""


def give(call: Callable[[], Order]) -> Order:
    """What a call with an order answers, once the service is there."""
    for tries_left in reversed(range(TRIES)):
        try:
            return call()
        except grpc.RpcError as error:
            if not tries_left or error.code() is not grpc.StatusCode.UNAVAILABLE:
                raise
            time.sleep(LOOK_S)
    raise AssertionError("the last try returns or raises")


def follow(
    order: Order,
    look: Callable[[], Order],
    *,
    is_running: Callable[[Order], bool],
    progress: Callable[[Order], str],
    status_command: str,
    quiet: bool,
) -> Order:
    """The order once it has ended. Says how far it has come, on a terminal; Ctrl-C leaves it running."""
    shows, looked_at = sys.stderr.isatty() and not quiet, time.monotonic()
    try:
        while is_running(order):
            time.sleep(LOOK_S)
            try:
                order, looked_at = look(), time.monotonic()
            except grpc.RpcError as error:
                # The service may be starting anew: the order then goes on by itself.
                if error.code() is not grpc.StatusCode.UNAVAILABLE or time.monotonic() - looked_at > AWAY_S:
                    raise
            if shows:
                print(f"\r\033[K{progress(order)}", end="", file=sys.stderr, flush=True)
    except KeyboardInterrupt:
        raise CommandError(f"it goes on; `{status_command}` says how far it is, `cancel` ends it") from None
    finally:
        if shows:
            print("\r\033[K", end="", file=sys.stderr, flush=True)
    return order
