"""What commands that ask the tokenization service have in common."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import grpc

from a11i.auth.v1 import auth_service_pb2 as auth_pb
from a11i.auth.v1 import auth_service_pb2_grpc as auth_rpc
from a11i.tokenization.v1 import tokenization_service_pb2_grpc as rpc
from a11i_cli.errors import AUTH, TOKENIZATION, CommandError, UsageError, explain
from a11i_cli.options import Parser
from a11i_cli.target import TokenizationTarget, find_tokenization

CALL_TIMEOUT_S = 30.0


@dataclass(frozen=True, slots=True)
class Connection:
    """TokenizationService, as commands use it."""

    stub: rpc.TokenizationServiceStub
    target: TokenizationTarget
    named: str | None

    @property
    def metadata(self) -> tuple[tuple[str, str]]:
        """What calls for administrators need."""
        return (("authorization", f"Bearer {self.target.admin_token}"),)

    @property
    def tenant_id(self) -> str:
        """The tenant that is meant: the named one, else the API key's. Raises CommandError."""
        return self.named or _tenant_of(self.target)


def tokenization_options(*, tenant: bool = True) -> Parser:
    """The options that say which mesh, and which tenant unless there is none to name, as a parent of a parser."""
    connection = Parser(add_help=False)
    group = connection.add_argument_group(
        "which mesh", "These, else A11I_TOKENIZATION and A11I_ADMIN_TOKEN, else the mesh.env in A11I_DATA_DIR or .a11i."
    )
    group.add_argument(
        "--tokenization", metavar="HOST:PORT", help="the tokenization service (default: A11I_TOKENIZATION)"
    )
    group.add_argument("--data-dir", metavar="DIR", type=Path, help="take all from the mesh.env in this directory")
    if tenant:
        group.add_argument("--tenant", metavar="ID", help="the tenant (default: the one of the key in A11I_API_KEY)")
    connection.add_argument("--json", action="store_true", help="print JSON")
    return connection


@contextmanager
def connected(arguments: argparse.Namespace) -> Iterator[Connection]:
    """A connection to the service that the options name. Raises CommandError for what calls raise."""
    target = find_tokenization(arguments.tokenization, arguments.data_dir)
    try:
        with grpc.insecure_channel(target.address) as channel:
            yield Connection(rpc.TokenizationServiceStub(channel), target, getattr(arguments, "tenant", None))
    except grpc.RpcError as error:
        raise explain(error, target.address, TOKENIZATION) from None


def _tenant_of(target: TokenizationTarget) -> str:
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
