"""`a11i ingest-policy`: what ingest does with a project's telemetry. For administrators."""

from __future__ import annotations

import argparse
import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import grpc
from google.protobuf.json_format import MessageToJson

from a11i.auth.v1 import auth_service_pb2 as pb
from a11i.auth.v1 import auth_service_pb2_grpc as rpc
from a11i_cli.errors import AUTH, CommandError, UsageError, explain, printable
from a11i_cli.target import AdminTarget, find_admin

CALL_TIMEOUT_S = 15.0
RATES = (
    ("requests", "requests_per_second", "request_burst"),
    ("spans", "spans_per_second", "span_burst"),
    ("bytes", "bytes_per_second", "byte_burst"),
)


def add_commands(areas: argparse._SubParsersAction[Any]) -> None:
    """Adds the commands to the command line's areas."""
    connection = argparse.ArgumentParser(add_help=False)
    group = connection.add_argument_group(
        "which mesh", "These, else A11I_AUTH and A11I_ADMIN_TOKEN, else the mesh.env in A11I_DATA_DIR or .a11i."
    )
    group.add_argument("--auth", metavar="HOST:PORT", help="the auth service (default: A11I_AUTH)")
    group.add_argument("--admin-token", metavar="TOKEN", help="the auth service's (default: A11I_ADMIN_TOKEN)")
    group.add_argument("--data-dir", metavar="DIR", type=Path, help="take both from the mesh.env in this directory")
    group.add_argument("--project", metavar="ID", type=_uuid, help="the project (default: that of A11I_API_KEY)")
    connection.add_argument("--json", action="store_true", help="print JSON")

    commands = areas.add_parser(
        "ingest-policy", help="what ingest does with a project's telemetry: sampling, rates of its keys"
    ).add_subparsers(required=True, metavar="COMMAND")
    get = commands.add_parser("get", help="show the policy", parents=[connection])
    get.set_defaults(run=_get)
    set_ = commands.add_parser(
        "set",
        help="change what is given of the policy; ingest follows within 30 seconds",
        description="Changes what is given; the rest stays. Rates are for each API key and each ingest process; "
        "0 stands for what ingest's settings say.",
        parents=[connection],
    )
    set_.set_defaults(run=_set)
    set_.add_argument("--sampling-ratio", metavar="0..1", type=_ratio, help="share of traces that is kept")
    set_.add_argument(
        "--keep-errors", action=argparse.BooleanOptionalAction, default=None, help="keep errors in any case, or not"
    )
    for noun, rate, burst in RATES:
        set_.add_argument(_flag(rate), metavar="N", type=_rate, help=f"{noun} a second")
        set_.add_argument(_flag(burst), metavar="N", type=_rate, help=f"{noun} at once; 0: ten seconds' worth")
    set_.add_argument("--reset", action="store_true", help="start from the default policy, which keeps everything")


def _get(arguments: argparse.Namespace) -> None:
    with _connected(arguments) as (admin, project_id, metadata):
        found = admin.GetIngestPolicy(
            pb.GetIngestPolicyRequest(project_id=project_id), timeout=CALL_TIMEOUT_S, metadata=metadata
        )
    _print(arguments, project_id, found)


def _set(arguments: argparse.Namespace) -> None:
    names = [field.name for field in pb.IngestPolicy.DESCRIPTOR.fields]
    changes = {name: value for name in names if (value := getattr(arguments, name)) is not None}
    if not changes and not arguments.reset:
        raise UsageError("nothing to change: --sampling-ratio 0.1, for one (--help says what there is)")
    with _connected(arguments) as (admin, project_id, metadata):
        policy = pb.IngestPolicy()
        if not arguments.reset:
            found = admin.GetIngestPolicy(
                pb.GetIngestPolicyRequest(project_id=project_id), timeout=CALL_TIMEOUT_S, metadata=metadata
            )
            policy.CopyFrom(found.ingest_policy)
        for name, value in changes.items():
            setattr(policy, name, value)
        for _, rate, burst in RATES:
            # A burst means nothing without its rate.
            if changes.get(rate) == 0 and burst not in changes:
                setattr(policy, burst, 0)
        stored = admin.PutIngestPolicy(
            pb.PutIngestPolicyRequest(project_id=project_id, ingest_policy=policy),
            timeout=CALL_TIMEOUT_S,
            metadata=metadata,
        )
    _print(arguments, project_id, stored)


@contextmanager
def _connected(arguments: argparse.Namespace) -> Iterator[tuple[rpc.AdminServiceStub, str, tuple[tuple[str, str]]]]:
    """AdminService, the project's id, and the metadata that calls need. Raises CommandError for what calls raise."""
    target = find_admin(arguments.auth, arguments.admin_token, arguments.data_dir)
    try:
        with grpc.insecure_channel(target.address) as channel:
            project_id = arguments.project or _project_of(rpc.AuthServiceStub(channel), target)
            yield rpc.AdminServiceStub(channel), project_id, (("authorization", f"Bearer {target.admin_token}"),)
    except grpc.RpcError as error:
        raise explain(error, target.address, AUTH) from None


def _project_of(auth: rpc.AuthServiceStub, target: AdminTarget) -> str:
    if not target.api_key:
        raise UsageError("which project? set A11I_API_KEY to a key of it, or give --project ID")
    try:
        answer = auth.VerifyApiKey(pb.VerifyApiKeyRequest(api_key=target.api_key), timeout=CALL_TIMEOUT_S)
    except grpc.RpcError as error:
        # Every error that a stub raises is a Call, which has code; RpcError alone does not say so.
        if error.code() is grpc.StatusCode.UNAUTHENTICATED:
            raise CommandError(
                "A11I_API_KEY is no good key, so its project is not known; --project ID names one"
            ) from None
        raise
    return answer.project_id


def _print(
    arguments: argparse.Namespace, project_id: str, found: pb.GetIngestPolicyResponse | pb.PutIngestPolicyResponse
) -> None:
    if arguments.json:
        print(MessageToJson(found, always_print_fields_with_no_presence=True))
        return
    policy = found.ingest_policy
    lines = [
        ("project", project_id),
        ("sampling ratio", f"{policy.sampling_ratio:g}" + (", and every error" if policy.keep_errors else "")),
    ]
    for noun, rate, burst in RATES:
        lines.append((f"{noun} a second", _show_rate(getattr(policy, rate), getattr(policy, burst))))
    updated = found.update_time.ToDatetime() if found.HasField("update_time") else None
    lines.append(("set", f"{updated:%Y-%m-%d %H:%M:%S} UTC" if updated else "never: this is the default"))
    for name, value in lines:
        print(f"{name:<18}{value}")


def _show_rate(rate: float, burst: float) -> str:
    if not rate:
        return "as ingest's settings say"
    return f"{rate:,.12g}, {burst or 10 * rate:,.12g} at once"


def _uuid(text: str) -> str:
    try:
        return str(UUID(text))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{printable(text)!r} is no project's id, which is a UUID") from None


def _ratio(text: str) -> float:
    ratio = _number(text)
    if not 0 <= ratio <= 1:
        raise argparse.ArgumentTypeError(f"{printable(text)!r} is no number from 0 to 1")
    return ratio


def _rate(text: str) -> float:
    rate = _number(text)
    if not (rate >= 0 and math.isfinite(rate)):
        raise argparse.ArgumentTypeError(f"{printable(text)!r} is no number of 0 or more")
    return rate


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan


def _flag(name: str) -> str:
    return f"--{name.replace('_', '-')}"
