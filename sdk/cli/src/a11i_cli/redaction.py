"""`a11i redaction`: what is removed from a project's telemetry, and how. For administrators."""

from __future__ import annotations

import argparse
import getpass
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
from google.protobuf.json_format import MessageToJson
from google.protobuf.message import Message

from a11i.auth.v1 import auth_service_pb2 as auth_pb
from a11i.auth.v1 import auth_service_pb2_grpc as auth_rpc
from a11i.redaction.v1 import redaction_service_pb2 as pb
from a11i.redaction.v1 import redaction_service_pb2_grpc as rpc
from a11i_cli import redaction_audit
from a11i_cli.errors import AUTH, REDACTION, REVEAL, Asked, CommandError, UsageError, explain, printable
from a11i_cli.options import Parser, positive
from a11i_cli.policy_files import read_policy, show_policy
from a11i_cli.target import RedactionTarget, find_redaction

CALL_TIMEOUT_S = 30.0

Metadata = tuple[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class _Connection:
    """RedactionService, as commands use it."""

    stub: rpc.RedactionServiceStub
    target: RedactionTarget
    token: str

    @property
    def metadata(self) -> Metadata:
        """What calls for administrators need."""
        return (("authorization", f"Bearer {self.token}"),)

    def tenant(self, arguments: argparse.Namespace) -> str:
        """The tenant that is meant."""
        return arguments.tenant or _owner_of(self.target)[0]

    def owner(self, arguments: argparse.Namespace) -> tuple[str, str]:
        """Tenant and project that are meant; an empty project stands for the tenant's own policy."""
        if arguments.tenant_wide:
            return self.tenant(arguments), ""
        if arguments.tenant and not arguments.project:
            raise UsageError("which of the tenant's projects? --project ID, or --tenant-wide for its own policy")
        if arguments.tenant:
            return arguments.tenant, arguments.project
        tenant_id, project_id = _owner_of(self.target)
        return tenant_id, arguments.project or project_id


def add_commands(areas: argparse._SubParsersAction[Any]) -> None:
    """Adds the commands to the command line's areas."""
    connection, project = _connection_options(), _project_options()
    area = areas.add_parser("redaction", help="what is removed from telemetry: policies, trials, audit, reveals")
    commands = area.add_subparsers(required=True, metavar="COMMAND")

    presets = commands.add_parser("presets", help="the policies that come with the service", parents=[connection])
    presets.set_defaults(run=_presets)
    presets.add_argument("name", metavar="NAME", nargs="?", help="all that this one says")

    policy = commands.add_parser("policy", help="a project's policy").add_subparsers(required=True, metavar="COMMAND")
    show = policy.add_parser("show", help="the policy in force", parents=[connection, project])
    show.set_defaults(run=_show)
    show.add_argument("--version", metavar="N", type=positive, default=0, help="an earlier version of a stored one")
    put = policy.add_parser(
        "put",
        help="store a policy; it is in force within 5 seconds",
        description="Stores a policy as a new version. FILE is JSON, or TOML if its name ends so; - is standard input.",
        parents=[connection, project],
    )
    put.set_defaults(run=_put)
    put.add_argument("file", metavar="FILE", type=Path)
    put.add_argument("--expect", metavar="N", type=int, help="only if the version so far is this; 0: there is none")
    list_ = policy.add_parser("list", help="the tenant's stored policies", parents=[connection])
    list_.set_defaults(run=_list)
    list_.add_argument("--history", metavar="ID", help="all versions of this project's; - of the tenant's own")
    list_.add_argument("--limit", metavar="N", type=positive, default=200, help="at most this many (default: 200)")

    test = commands.add_parser(
        "test",
        help="what a policy does with samples, beside another",
        description="Redacts samples under the policy in FILE and says what is other than under the one it starts "
        "from. Nothing is stored.",
        parents=[connection],
    )
    test.set_defaults(run=_test)
    test.add_argument("file", metavar="FILE", type=Path)
    test.add_argument("--against", metavar="FILE", type=Path, help="compare with this policy instead")
    test.add_argument("--sample", metavar="TEXT", action="append", required=True, help="a text; may be given again")

    redaction_audit.add_command(commands)
    reveal = commands.add_parser(
        "reveal",
        help="what encrypted placeholders stand for; every call is on record",
        parents=[connection],
    )
    reveal.set_defaults(run=_reveal)
    reveal.add_argument("placeholders", metavar="PLACEHOLDER", nargs="+", help="such as <EMAIL_ADDRESS:enc:...>")
    reveal.add_argument("--purpose", required=True, help="why, for the record")
    reveals = commands.add_parser("reveals", help="who had values revealed", parents=[connection])
    reveals.set_defaults(run=_reveals)
    reveals.add_argument("--limit", metavar="N", type=positive, default=20, help="at most this many (default: 20)")


def _connection_options() -> Parser:
    connection = Parser(add_help=False)
    group = connection.add_argument_group(
        "which mesh",
        "These, else A11I_REDACTION, A11I_ADMIN_TOKEN and A11I_REVEAL_TOKEN, else the mesh.env in A11I_DATA_DIR or "
        ".a11i.",
    )
    group.add_argument("--redaction", metavar="HOST:PORT", help="the redaction service (default: A11I_REDACTION)")
    group.add_argument("--data-dir", metavar="DIR", type=Path, help="take all from the mesh.env in this directory")
    group.add_argument("--tenant", metavar="ID", help="the tenant (default: the one of the key in A11I_API_KEY)")
    connection.add_argument("--json", action="store_true", help="print JSON")
    return connection


def _project_options() -> Parser:
    project = Parser(add_help=False)
    which = project.add_mutually_exclusive_group()
    which.add_argument("--project", metavar="ID", help="the project (default: the one of the key in A11I_API_KEY)")
    which.add_argument(
        "--tenant-wide", action="store_true", help="the tenant's own, for all projects that have none of their own"
    )
    return project


def _presets(arguments: argparse.Namespace) -> None:
    with _connected(arguments) as to:
        found = to.stub.ListPresets(pb.ListPresetsRequest(), timeout=CALL_TIMEOUT_S)
    if arguments.name:
        named = [preset for preset in found.presets if preset.name == arguments.name]
        if not named:
            known = ", ".join(preset.name for preset in found.presets)
            raise UsageError(f"there is no preset {printable(arguments.name)!r}, but {known}")
        print(show_policy(named[0].policy))
    elif not _print_json(arguments, found):
        for preset in found.presets:
            print(f"{preset.name:<14}{preset.description}")
            print(f"{'':<14}{len(preset.policy.entities)} entities, version {preset.version}")


def _show(arguments: argparse.Namespace) -> None:
    with _connected(arguments) as to:
        tenant_id, project_id = to.owner(arguments)
        request = pb.GetPolicyRequest(tenant_id=tenant_id, project_id=project_id, version=arguments.version)
        found = to.stub.GetPolicy(request, timeout=CALL_TIMEOUT_S, metadata=to.metadata).policy
    if not _print_json(arguments, found):
        _print_policy(found)
        print(show_policy(found.policy))


def _put(arguments: argparse.Namespace) -> None:
    policy = read_policy(arguments.file)
    with _connected(arguments) as to:
        tenant_id, project_id = to.owner(arguments)
        request = pb.PutPolicyRequest(
            tenant_id=tenant_id,
            project_id=project_id,
            policy=policy,
            actor=_actor(),
            expected_version=arguments.expect,
        )
        stored = to.stub.PutPolicy(request, timeout=CALL_TIMEOUT_S, metadata=to.metadata).policy
    if not _print_json(arguments, stored):
        _print_policy(stored)


def _list(arguments: argparse.Namespace) -> None:
    found = pb.ListPoliciesResponse()
    with _connected(arguments) as to:
        request = pb.ListPoliciesRequest(tenant_id=to.tenant(arguments), project_id=arguments.history or "")
        while len(found.policies) < arguments.limit:
            request.page_size = arguments.limit - len(found.policies)
            page = to.stub.ListPolicies(request, timeout=CALL_TIMEOUT_S, metadata=to.metadata)
            found.policies.extend(page.policies)
            found.next_page_token = request.page_token = page.next_page_token
            if not page.next_page_token:
                break
    if _print_json(arguments, found):
        return
    if not found.policies:
        print("none: the default policy is in force")
    for one in found.policies:
        time = one.create_time.ToDatetime()
        print(f"{one.label:<24}{one.project_id or 'all other projects':<38}{time:%Y-%m-%d %H:%M:%S}  {one.actor}")
    if found.next_page_token:
        print(f"and more: --limit {2 * arguments.limit}")


def _test(arguments: argparse.Namespace) -> None:
    request = pb.TestPolicyRequest(policy=read_policy(arguments.file), samples=arguments.sample)
    if arguments.against:
        request.against.CopyFrom(read_policy(arguments.against))
    with _connected(arguments) as to:
        found = to.stub.TestPolicy(request, timeout=CALL_TIMEOUT_S)
    if _print_json(arguments, found):
        return
    for sample, one in zip(arguments.sample, found.samples, strict=True):
        print(f"sample   {printable(sample)}")
        print(f"policy   {printable(one.tried.text)}")
        if one.tried.text != one.against.text:
            print(f"against  {printable(one.against.text)}")
        for difference in one.differences:
            print(f"         {difference}")
    print(f"{found.different_count:,} of {len(found.samples):,} differ")


def _reveal(arguments: argparse.Namespace) -> None:
    with _connected(arguments, REVEAL) as to:
        tenant_id = to.tenant(arguments)
        request = pb.RevealRequest(
            tenant_id=tenant_id, placeholders=arguments.placeholders, actor=_actor(), purpose=arguments.purpose
        )
        found = to.stub.Reveal(request, timeout=CALL_TIMEOUT_S, metadata=to.metadata)
    if not _print_json(arguments, found):
        for value in found.values:
            print(printable(value))


def _reveals(arguments: argparse.Namespace) -> None:
    with _connected(arguments) as to:
        tenant_id = to.tenant(arguments)
        request = pb.ListRevealsRequest(tenant_id=tenant_id, page_size=arguments.limit)
        found = to.stub.ListReveals(request, timeout=CALL_TIMEOUT_S, metadata=to.metadata)
    if _print_json(arguments, found):
        return
    for one in found.reveals:
        what = f"{one.value_count:,} of {', '.join(one.entities) or 'nothing known'}"
        print(f"{one.time.ToDatetime():%Y-%m-%d %H:%M:%S}  {one.actor} ({one.peer}): {what}: {printable(one.purpose)}")


def _print_policy(stored: pb.StoredPolicy) -> None:
    print(f"{'policy':<10}{stored.label}")
    print(f"{'for':<10}{stored.project_id or 'all projects of the tenant that have none of their own'}")
    if stored.version:
        time = stored.create_time.ToDatetime()
        print(f"{'stored':<10}{time:%Y-%m-%d %H:%M:%S} UTC by {printable(stored.actor)}")
    else:
        print(f"{'stored':<10}never: this is the default")


def _print_json(arguments: argparse.Namespace, message: Message) -> bool:
    if arguments.json:
        print(MessageToJson(message))
    return bool(arguments.json)


@contextmanager
def _connected(arguments: argparse.Namespace, asked: Asked = REDACTION) -> Iterator[_Connection]:
    """Raises CommandError for what calls raise."""
    target = find_redaction(arguments.redaction, arguments.data_dir)
    token = target.reveal_token if asked is REVEAL else target.admin_token
    try:
        with grpc.insecure_channel(target.address) as channel:
            yield _Connection(rpc.RedactionServiceStub(channel), target, token)
    except grpc.RpcError as error:
        raise explain(error, target.address, asked) from None


def _owner_of(target: RedactionTarget) -> tuple[str, str]:
    """Tenant and project of the API key."""
    if not (target.api_key and target.auth_address):
        raise UsageError("whose? set A11I_AUTH, and A11I_API_KEY to a key of it, or give --tenant ID and --project ID")
    try:
        with grpc.insecure_channel(target.auth_address) as channel:
            request = auth_pb.VerifyApiKeyRequest(api_key=target.api_key)
            answer = auth_rpc.AuthServiceStub(channel).VerifyApiKey(request, timeout=CALL_TIMEOUT_S)
    except grpc.RpcError as error:
        # Every error that a stub raises is a Call, which has code; RpcError alone does not say so.
        if error.code() is grpc.StatusCode.UNAUTHENTICATED:
            message = "A11I_API_KEY is no good key, so its project is not known; --tenant and --project name one"
            raise CommandError(message) from None
        raise explain(error, target.auth_address, AUTH) from None
    return answer.tenant_id, answer.project_id


def _actor() -> str:
    """Who runs the command, for the record."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # a container's user may have no name
        user = "unknown"
    return printable(f"{user}@{socket.gethostname()}")[:200]
