"""What commands that ask the delivery service have in common. They are for administrators."""

from __future__ import annotations

import argparse
import getpass
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

import grpc
from google.protobuf.json_format import MessageToJson
from google.protobuf.message import Message

from a11i.auth.v1 import auth_service_pb2 as auth_pb
from a11i.auth.v1 import auth_service_pb2_grpc as auth_rpc
from a11i_cli.errors import AUTH, DELIVERY, CommandError, UsageError, explain, printable
from a11i_cli.options import Parser
from a11i_cli.target import DeliveryTarget, find_delivery

CALL_TIMEOUT_S = 30.0

Metadata = tuple[tuple[str, str]]
Stub = TypeVar("Stub")


@dataclass(frozen=True, slots=True)
class Connection(Generic[Stub]):
    """A service, whose things are meant, and the metadata that calls need."""

    stub: Stub
    tenant_id: str
    metadata: Metadata


def delivery_options() -> Parser:
    """The options that say which mesh and which tenant, as a parent of a command's parser."""
    connection = Parser(add_help=False)
    group = connection.add_argument_group(
        "which mesh", "These, else A11I_DELIVERY and A11I_ADMIN_TOKEN, else the mesh.env in A11I_DATA_DIR or .a11i."
    )
    group.add_argument("--delivery", metavar="HOST:PORT", help="the delivery service (default: A11I_DELIVERY)")
    group.add_argument("--admin-token", metavar="TOKEN", help="the delivery service's (default: A11I_ADMIN_TOKEN)")
    group.add_argument("--data-dir", metavar="DIR", type=Path, help="take both from the mesh.env in this directory")
    group.add_argument("--tenant", metavar="ID", help="the tenant (default: the one of the key in A11I_API_KEY)")
    connection.add_argument("--json", action="store_true", help="print JSON")
    return connection


@contextmanager
def connected(arguments: argparse.Namespace, stub: Callable[[grpc.Channel], Stub]) -> Iterator[Connection[Stub]]:
    """A connection to the service that the options name. Raises CommandError for what calls raise."""
    target = find_delivery(arguments.delivery, arguments.admin_token, arguments.data_dir)
    tenant_id = arguments.tenant or _tenant_of(target)
    try:
        with grpc.insecure_channel(target.address) as channel:
            metadata = (("authorization", f"Bearer {target.admin_token}"),)
            yield Connection(stub(channel), tenant_id, metadata)
    except grpc.RpcError as error:
        raise explain(error, target.address, DELIVERY) from None


def actor() -> str:
    """Who runs the command, for the record."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # a container's user may have no name
        user = "unknown"
    return printable(f"{user}@{socket.gethostname()}")[:200]


def print_json(arguments: argparse.Namespace, message: Message) -> bool:
    """Prints an answer as JSON if that is wanted; says whether it was."""
    if arguments.json:
        print(MessageToJson(message))
    return bool(arguments.json)


def _tenant_of(target: DeliveryTarget) -> str:
    if not (target.api_key and target.auth_address):
        raise UsageError("which tenant? set A11I_AUTH, and A11I_API_KEY to a key of it, or give --tenant ID")
    try:
        with grpc.insecure_channel(target.auth_address) as channel:
            request = auth_pb.VerifyApiKeyRequest(api_key=target.api_key)
            return auth_rpc.AuthServiceStub(channel).VerifyApiKey(request, timeout=CALL_TIMEOUT_S).tenant_id
    except grpc.RpcError as error:
        # Every error that a stub raises is a Call, which has code; RpcError alone does not say so.
        if error.code() is grpc.StatusCode.UNAUTHENTICATED:
            message = "A11I_API_KEY is no good key, so its tenant is not known; --tenant ID names one"
            raise CommandError(message) from None
        raise explain(error, target.auth_address, AUTH) from None
