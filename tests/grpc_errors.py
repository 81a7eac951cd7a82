"""What a gRPC error carries beside its code."""

from collections.abc import Iterable
from typing import cast

import grpc
from google.rpc import status_pb2


def trailers(error: grpc.RpcError) -> dict[str, bytes]:
    """Return the error's trailing metadata."""
    # Both of gRPC's clients have this method and yield pairs; the stubs say neither.
    pairs = cast("grpc.aio.AioRpcError", error).trailing_metadata()
    return dict(cast("Iterable[tuple[str, bytes]]", pairs or ()))


def rich_status(error: grpc.RpcError) -> status_pb2.Status:
    """Return the google.rpc.Status that the server sent."""
    return status_pb2.Status.FromString(trailers(error)["grpc-status-details-bin"])
