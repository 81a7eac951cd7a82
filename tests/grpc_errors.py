"""What a gRPC error carries beside its code."""

from collections.abc import Iterable
from typing import cast

import grpc
from google.rpc import error_details_pb2, status_pb2


def trailers(error: grpc.RpcError) -> dict[str, bytes]:
    """Return the error's trailing metadata."""
    # Both of gRPC's clients have this method and yield pairs; the stubs say neither.
    pairs = cast("grpc.aio.AioRpcError", error).trailing_metadata()
    return dict(cast("Iterable[tuple[str, bytes]]", pairs or ()))


def rich_status(error: grpc.RpcError) -> status_pb2.Status:
    """Return the google.rpc.Status that the server sent."""
    return status_pb2.Status.FromString(trailers(error)["grpc-status-details-bin"])


def reason_of(error: grpc.RpcError) -> str:
    """Return the reason of the error's google.rpc.ErrorInfo, such as NOT_FOUND."""
    info = error_details_pb2.ErrorInfo()
    assert any(packed.Unpack(info) for packed in rich_status(error).details)
    return str(info.reason)


def violated_field(error: grpc.RpcError) -> str:
    """Return the first field that the error's google.rpc.BadRequest names."""
    request = error_details_pb2.BadRequest()
    assert any(packed.Unpack(request) for packed in rich_status(error).details)
    return str(request.field_violations[0].field)
