"""What a gRPC error carries beside its code."""

from collections.abc import Iterable
from typing import cast

import grpc
from google.rpc import status_pb2


def trailers(error: grpc.aio.AioRpcError) -> dict[str, bytes]:
    """Return the error's trailing metadata."""
    # grpc.aio's Metadata yields pairs; its stubs do not say so.
    return dict(cast("Iterable[tuple[str, bytes]]", error.trailing_metadata() or ()))


def rich_status(error: grpc.aio.AioRpcError) -> status_pb2.Status:
    """Return the google.rpc.Status that the server sent."""
    return status_pb2.Status.FromString(trailers(error)["grpc-status-details-bin"])
