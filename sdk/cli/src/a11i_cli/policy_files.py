"""Policies of redaction in files, JSON or TOML, with the contract's names of fields."""

from __future__ import annotations

import json
import sys
import tomllib
from pathlib import Path
from typing import Any

from google.protobuf.json_format import MessageToJson, ParseDict, ParseError

from a11i.redaction.v1 import redaction_service_pb2 as pb
from a11i_cli.errors import UsageError, printable

_OPERATOR = "OPERATOR_"
_OVER_BUDGET = "OVER_BUDGET_"


def read_policy(path: Path) -> pb.Policy:
    """The policy in a file, or in what comes on the standard input if the path is "-". Raises UsageError."""
    try:
        text = sys.stdin.read() if str(path) == "-" else path.read_text()
        content = tomllib.loads(text) if path.suffix == ".toml" else json.loads(text)
    except OSError as error:
        raise UsageError(f"{path} can't be read: {error.strerror or error}") from None
    except (ValueError, UnicodeDecodeError) as error:
        kind = "TOML" if path.suffix == ".toml" else "JSON"
        raise UsageError(f"{path} is no {kind}: {printable(str(error))}") from None
    try:
        return ParseDict(_spelled_out(content), pb.Policy())
    except (ParseError, TypeError, AttributeError) as error:
        raise UsageError(f"{path} is no policy: {printable(str(error))}") from None


def show_policy(policy: pb.Policy) -> str:
    """A policy as a file holds it."""
    return MessageToJson(policy, preserving_proto_field_name=True)


def _spelled_out(content: Any) -> Any:
    """The content with `MASK` as the contract's OPERATOR_MASK."""
    if not isinstance(content, dict):
        raise TypeError("an object is expected")
    entities = content.get("entities")
    if isinstance(entities, list):
        for rule in entities:
            if isinstance(rule, dict):
                _prefix(rule, "operator", _OPERATOR)
    _prefix(content, "on_over_budget", _OVER_BUDGET)
    return content


def _prefix(content: dict[str, Any], name: str, prefix: str) -> None:
    value = content.get(name)
    if isinstance(value, str):
        upper = value.upper()
        content[name] = upper if upper.startswith(prefix) else prefix + upper
