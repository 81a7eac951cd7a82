"""The gRPC servicer of replays of the archive."""

from datetime import UTC, datetime

import structlog

from a11i.delivery.v1 import replay_service_pb2 as pb
from a11i.delivery.v1 import replay_service_pb2_grpc as pb_grpc
from a11i_chassis.auth import TokenCheck
from a11i_chassis.errors import AlreadyExistsError, NotConfiguredError, NotFoundError
from a11i_chassis.grpc_types import Context
from a11i_delivery import page_tokens, replay_requests, requests
from a11i_storage.postgres import ReplayStore
from a11i_storage.postgres.dead_letters import PageCursor
from a11i_storage.postgres.replays import Replay

_log = structlog.stdlib.get_logger(__name__)


class ReplayServicer(pb_grpc.ReplayServiceServicer):
    """ReplayService: orders, and how far each has come."""

    def __init__(self, store: ReplayStore, check_caller: TokenCheck, *, has_archive: bool) -> None:
        self._store = store
        self._check_caller = check_caller
        self._has_archive = has_archive

    async def StartReplay(self, request: pb.StartReplayRequest, context: Context) -> pb.StartReplayResponse:
        """Order a replay."""
        self._check_caller(context)
        order = replay_requests.order(request, context.peer(), datetime.now(UTC))
        if not self._has_archive:
            raise NotConfiguredError("the service knows no archive: A11I_DELIVERY_ARCHIVE__URL is not set")
        replay = await self._store.add(order)
        if replay is None:
            raise AlreadyExistsError("there is another replay of that id")
        _log.info("replay_ordered", replay_id=str(order.id), tenant_id=order.tenant_id, dry_run=order.dry_run)
        return pb.StartReplayResponse(replay=replay_requests.replay_message(replay))

    async def GetReplay(self, request: pb.GetReplayRequest, context: Context) -> pb.GetReplayResponse:
        """Return a replay."""
        self._check_caller(context)
        tenant_id, replay_id = requests.tenant(request.tenant_id), replay_requests.replay_id(request.replay_id)
        return pb.GetReplayResponse(replay=_found(await self._store.get(tenant_id, replay_id)))

    async def ListReplays(self, request: pb.ListReplaysRequest, context: Context) -> pb.ListReplaysResponse:
        """Return a page of replays."""
        self._check_caller(context)
        tenant_id, size = requests.tenant(request.tenant_id), requests.page_size(request.page_size)
        found = await self._store.list_replays(tenant_id, size + 1, page_tokens.decode(request))
        response = pb.ListReplaysResponse(replays=map(replay_requests.replay_message, found[:size]))
        if len(found) > size:
            last = found[size - 1]
            response.next_page_token = page_tokens.encode(request, PageCursor(last.create_time, last.order.id))
        return response

    async def CancelReplay(self, request: pb.CancelReplayRequest, context: Context) -> pb.CancelReplayResponse:
        """End a replay."""
        self._check_caller(context)
        tenant_id, replay_id = requests.tenant(request.tenant_id), replay_requests.replay_id(request.replay_id)
        actor = requests.actor(request.actor)
        replay = _found(await self._store.cancel(tenant_id, replay_id, actor, context.peer()))
        return pb.CancelReplayResponse(replay=replay)


def _found(replay: Replay | None) -> pb.Replay:
    if replay is None:
        raise NotFoundError("the tenant has no replay of that id")
    return replay_requests.replay_message(replay)
