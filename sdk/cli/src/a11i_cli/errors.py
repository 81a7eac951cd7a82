"""What the command says instead of a result.

CommandError   the server can't or won't: exit code 1
  UsageError   the command itself is wrong or lacks something: exit code 2
"""

from __future__ import annotations

from dataclasses import dataclass

import grpc


class CommandError(Exception):
    """The message is one line for the user."""

    exit_code = 1


class UsageError(CommandError):
    """The command is wrong, or lacks an address or a key."""

    exit_code = 2


@dataclass(frozen=True, slots=True)
class Asked:
    """A service as the user knows it."""

    name: str
    address_variable: str
    credential: str
    credential_variable: str


QUERY = Asked("query service", "A11I_QUERY", "API key", "A11I_API_KEY")
AUTH = Asked("auth service", "A11I_AUTH", "admin token", "A11I_ADMIN_TOKEN")
DELIVERY = Asked("delivery service", "A11I_DELIVERY", "admin token", "A11I_ADMIN_TOKEN")

REDACTION = Asked("redaction service", "A11I_REDACTION", "admin token", "A11I_ADMIN_TOKEN")
TOKENIZATION = Asked("tokenization service", "A11I_TOKENIZATION", "admin token", "A11I_ADMIN_TOKEN")
REVEAL = Asked("redaction service", "A11I_REDACTION", "reveal token", "A11I_REVEAL_TOKEN")


def explain(error: grpc.RpcError, address: str, asked: Asked = QUERY) -> CommandError:
    """A server's error in the user's words."""
    # Every error that a stub raises is a Call, which has code and details; RpcError alone does not say so.
    code, details = error.code(), printable(error.details() or "")
    if code is grpc.StatusCode.UNAVAILABLE and "failed to connect" in details:
        return CommandError(f"nothing answers at {address}; is the mesh running? `make up` starts one")
    if code is grpc.StatusCode.UNAVAILABLE:
        return CommandError(f"{address} can't answer now ({details}); try again")
    if code is grpc.StatusCode.DEADLINE_EXCEEDED:
        return CommandError(f"{address} did not answer in time; try again")
    if code is grpc.StatusCode.UNAUTHENTICATED:
        return CommandError(
            f"the {asked.credential} was refused ({details}); check {asked.credential_variable}, or --data-dir"
        )
    if code is grpc.StatusCode.UNIMPLEMENTED:
        return CommandError(f"{address} is no a11i {asked.name}; check {asked.address_variable}")
    return CommandError(details or str(code.name))


def printable(text: str) -> str:
    """The text on one line and without control characters: what a span says must not steer the terminal."""
    return "".join(character if character.isprintable() else " " for character in text).strip()
