"""Wires the tokenization service."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import grpc

from a11i.tokenization.v1 import tokenization_service_pb2, tokenization_service_pb2_grpc
from a11i_bus import connect
from a11i_bus.port import Bus
from a11i_bus.runner import StageHealth, run_stage
from a11i_chassis.app import App
from a11i_tokenization.call_models import CallModels
from a11i_tokenization.context_windows import ContextWindows
from a11i_tokenization.counting_calls import CountingCalls
from a11i_tokenization.counts import TokenCounter
from a11i_tokenization.desks import Desks, admin_check, closed_desks, open_desks
from a11i_tokenization.kept import Kept, open_kept
from a11i_tokenization.loading import open_tokenizers
from a11i_tokenization.model_table import model_table
from a11i_tokenization.price_calls import PriceCalls, PriceSources
from a11i_tokenization.prices import PriceBook
from a11i_tokenization.pricing.book import PricesByTenant
from a11i_tokenization.prompts import PromptCounter
from a11i_tokenization.service import TokenizationServicer
from a11i_tokenization.settings import TokenizationSettings
from a11i_tokenization.stage import STAGE, TokenizeStage

SERVICE_NAME = tokenization_service_pb2.DESCRIPTOR.services_by_name["TokenizationService"].full_name


@asynccontextmanager
async def build(settings: TokenizationSettings) -> AsyncIterator[App]:
    """Yield the service on the bus of its settings. Raises VocabularyError, an OSError, without its vocabularies."""
    async with (
        connect(settings.bus) as bus,
        open_kept(settings) as kept,
        open_desks(settings, bus, kept) as desks,
    ):
        yield wire(settings, bus, kept, desks)


def wire(settings: TokenizationSettings, bus: Bus, kept: Kept | None = None, desks: Desks | None = None) -> App:
    """Return the service on a bus. Raises VocabularyError."""
    desks = desks or closed_desks(settings)
    tokenizers = open_tokenizers(settings.vocabulary_directory, settings.tokenizer_directory)
    encodings = tokenizers.encodings
    default = kept.default if kept else PriceBook()
    prices: PricesByTenant = kept.book if kept else default
    counter = PromptCounter(encodings, settings.count_cache_bytes)
    windows = ContextWindows(model_table())
    models = CallModels(windows, tokenizers.models)
    stage = TokenizeStage(TokenCounter(counter, models), prices)
    health = StageHealth()
    sources = PriceSources(default, prices, kept.desk if kept else None, models)
    price_calls = PriceCalls(sources, admin_check(settings), now=lambda: datetime.now(UTC))
    # Callers ask without a key, and how soon they are answered must not tell what others have sent: nothing of theirs
    # is remembered, and nothing of the stage's is known to them.
    forgetful = PromptCounter(encodings, 0)
    servicer = TokenizationServicer(CountingCalls(encodings, forgetful, tokenizers.models, windows), price_calls, desks)

    def register(server: grpc.aio.Server) -> None:
        tokenization_service_pb2_grpc.add_TokenizationServiceServicer_to_server(servicer, server)

    async def work(stop: asyncio.Event) -> None:
        key = settings.dead_letter_key
        await run_stage(bus, STAGE, stage, settings.runner, stop, dead_letter_key=key, health=health)

    async def ready() -> bool:
        return (kept is None or kept.book.loaded) and health.serving and await bus.ready()

    return App(
        register=[register],
        services=[SERVICE_NAME],
        background=[work, *([kept.book.follow] if kept else ()), *desks.background],
        ready=ready,
    )
