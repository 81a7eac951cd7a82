"""The gRPC servicer of dead letters."""

import asyncio
import uuid
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Final

import structlog

from a11i.delivery.v1 import dead_letter_service_pb2 as pb
from a11i.delivery.v1 import dead_letter_service_pb2_grpc as pb_grpc
from a11i_bus.sealing import Seal, SealError
from a11i_chassis.auth import TokenCheck
from a11i_chassis.errors import InvalidArgumentError, NotFoundError, TransientError
from a11i_chassis.grpc_types import Context
from a11i_delivery import page_tokens, requests
from a11i_delivery.answers import action_message, letter_message
from a11i_delivery.contents import RawField, UnreadableError, read_items
from a11i_delivery.letters import sealed_letter
from a11i_delivery.redaction import RedactedValue, Redaction
from a11i_delivery.replay import Replayer
from a11i_delivery.settings import DeadLetterSettings
from a11i_storage.postgres import DeadLetterStore
from a11i_storage.postgres.dead_letters import Begun, Letter, LetterFilter, NewAction, PageCursor

_MAX_ACTIONS: Final = 20
"""Actions shown with a letter; ListDeadLetterActions pages through all."""
_LOOK_S: Final = 0.05
"""Between looks at what another process does."""

_log = structlog.stdlib.get_logger(__name__)


class DeadLetterServicer(pb_grpc.DeadLetterServiceServicer):
    """DeadLetterService: what waits, what it is about, and what becomes of it."""

    def __init__(
        self,
        store: DeadLetterStore,
        replayer: Replayer,
        redaction: Redaction,
        seal: Seal,
        check_caller: TokenCheck,
        settings: DeadLetterSettings,
    ) -> None:
        self._store = store
        self._replayer = replayer
        self._redaction = redaction
        self._seal = seal
        self._check_caller = check_caller
        self._retention = timedelta(days=settings.retention_days)
        self._replay_wait_s = settings.replay_wait_s

    async def ListDeadLetters(self, request: pb.ListDeadLettersRequest, context: Context) -> pb.ListDeadLettersResponse:
        """Return a page of letters."""
        self._check_caller(context)
        tenant_id, which = requests.tenant(request.tenant_id), requests.letter_filter(request.filter)
        size = requests.page_size(request.page_size)
        found = await self._store.list_letters(tenant_id, which, size + 1, page_tokens.decode(request))
        response = pb.ListDeadLettersResponse(
            dead_letters=(letter_message(letter, self._retention) for letter in found[:size])
        )
        if len(found) > size:
            last = found[size - 1]
            response.next_page_token = page_tokens.encode(request, PageCursor(last.first_time, last.id))
        return response

    async def GetDeadLetter(self, request: pb.GetDeadLetterRequest, context: Context) -> pb.GetDeadLetterResponse:
        """Return a letter, and what it holds redacted."""
        self._check_caller(context)
        if request.view not in pb.DeadLetterView.values():
            raise InvalidArgumentError("not a view that is known here", field="view")
        tenant_id, letter_id = requests.tenant(request.tenant_id), requests.letter_id(request.dead_letter_id)
        found = await self._store.get(tenant_id, letter_id)
        if found is None:
            raise NotFoundError("the tenant has no dead letter of that id")
        letter, sealed = found
        actions = await self._store.list_actions(tenant_id, letter_id, _MAX_ACTIONS, None)
        response = pb.GetDeadLetterResponse(
            dead_letter=letter_message(letter, self._retention), actions=map(action_message, actions)
        )
        if sealed is not None and request.view != pb.DEAD_LETTER_VIEW_BASIC:
            response.contents.CopyFrom(await self._contents(letter, sealed))
        return response

    async def ReplayDeadLetters(
        self, request: pb.ReplayDeadLettersRequest, context: Context
    ) -> pb.ReplayDeadLettersResponse:
        """Put letters back on the bus."""
        self._check_caller(context)
        tenant_id = requests.tenant(request.tenant_id)
        which, topic = requests.replay_selection(request, self._seal.key_id)
        action = NewAction(requests.actor(request.actor), context.peer(), request.point, requests.filter_json(request))
        begun = await self._store.begin_replay(tenant_id, which, topic, action, requests.MAX_LETTERS)
        response = pb.ReplayDeadLettersResponse(more=begun.more, skipped_count=_skipped(which, begun))
        if begun.action_id is not None:
            _log.info("dead_letters_replay", tenant_id=tenant_id, action_id=str(begun.action_id), count=begun.taken)
            await self._replay(tenant_id, begun.action_id)
            counts = await self._store.replay_counts(tenant_id, begun.action_id)
            response.action_id = str(begun.action_id)
            response.replayed_count, response.pending_count = counts.replayed, counts.pending
            response.refused_count = counts.refused
        return response

    async def DiscardDeadLetters(
        self, request: pb.DiscardDeadLettersRequest, context: Context
    ) -> pb.DiscardDeadLettersResponse:
        """Delete what letters hold."""
        self._check_caller(context)
        tenant_id, which = requests.tenant(request.tenant_id), requests.selection(request)
        action = NewAction(requests.actor(request.actor), context.peer(), filter=requests.filter_json(request))
        begun = await self._store.discard(tenant_id, which, action, requests.MAX_LETTERS)
        response = pb.DiscardDeadLettersResponse(
            discarded_count=begun.taken, more=begun.more, skipped_count=_skipped(which, begun)
        )
        if begun.action_id is not None:
            response.action_id = str(begun.action_id)
            _log.info("dead_letters_discarded", tenant_id=tenant_id, action_id=response.action_id, count=begun.taken)
        return response

    async def ListDeadLetterActions(
        self, request: pb.ListDeadLetterActionsRequest, context: Context
    ) -> pb.ListDeadLetterActionsResponse:
        """Return a page of the record."""
        self._check_caller(context)
        tenant_id, size = requests.tenant(request.tenant_id), requests.page_size(request.page_size)
        letter_id = requests.letter_id(request.dead_letter_id) if request.dead_letter_id else None
        found = await self._store.list_actions(tenant_id, letter_id, size + 1, page_tokens.decode(request))
        response = pb.ListDeadLetterActionsResponse(actions=map(action_message, found[:size]))
        if len(found) > size:
            last = found[size - 1]
            response.next_page_token = page_tokens.encode(request, PageCursor(last.time, last.id))
        return response

    async def _replay(self, tenant_id: str, action_id: uuid.UUID) -> None:
        """Carry out what was decided, as far as it can be done now: the rest goes on by itself."""
        with suppress(TransientError, TimeoutError):
            async with asyncio.timeout(self._replay_wait_s):
                while True:
                    await self._replayer.drain()
                    # Another process of this service may be at work on some of them.
                    if not (await self._store.replay_counts(tenant_id, action_id)).pending:
                        return
                    await asyncio.sleep(_LOOK_S)

    async def _contents(self, letter: Letter, sealed: bytes) -> pb.RedactedContents:
        """Return what a letter holds, redacted. Raises UnavailableError if redaction cannot be asked."""
        try:
            payload = sealed_letter(letter, sealed).open(self._seal)
            items = await asyncio.to_thread(read_items, payload, letter.source_topic, letter.tenant_id)
        except SealError:
            return pb.RedactedContents(unreadable="it is sealed under another key than this service has")
        except UnreadableError as error:
            return pb.RedactedContents(unreadable=str(error))
        values, policy = await self._redaction.redact(items)
        return pb.RedactedContents(
            items=(_item(item, redacted) for item, redacted in zip(items, values, strict=True)), policy=policy
        )


def _item(fields: Sequence[RawField], values: Sequence[RedactedValue]) -> pb.RedactedItem:
    return pb.RedactedItem(
        fields=(
            pb.RedactedField(name=field.name, value=redacted.value, withheld=redacted.withheld)
            for field, redacted in zip(fields, values, strict=True)
        )
    )


def _skipped(which: LetterFilter, begun: Begun) -> int:
    """Return how many of the letters that were named an action did not take."""
    return 0 if which.ids is None else len(which.ids) - begun.taken
