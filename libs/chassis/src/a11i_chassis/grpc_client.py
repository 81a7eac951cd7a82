"""Channels to other services."""

from typing import Final

import grpc

from a11i_chassis.settings import ClientSettings

_KEEPALIVE_MS: Final = 20_000
"""A dead peer is noticed within half a minute, and a proxy's idle limit (usually 60 s) is not reached."""
MAX_MESSAGE_BYTES: Final = 64 * 1024 * 1024
"""Traces of thousands of spans with their messages pass gRPC's default of 4 MiB. Servers send up to this too."""


def open_channel(settings: ClientSettings) -> grpc.aio.Channel:
    """Return a channel that reconnects by itself. Calls on it need a deadline: `timeout=settings.timeout_s`."""
    return grpc.aio.insecure_channel(
        settings.address,
        options=[
            ("grpc.keepalive_time_ms", _KEEPALIVE_MS),
            ("grpc.keepalive_timeout_ms", 5_000),
            ("grpc.keepalive_permit_without_calls", 1),
            ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
            ("grpc.max_send_message_length", MAX_MESSAGE_BYTES),
            # A restarted service is found again within a second or two, not after gRPC's default of up to 2 minutes.
            ("grpc.max_reconnect_backoff_ms", 2_000),
            ("grpc.initial_reconnect_backoff_ms", 200),
        ],
    )
