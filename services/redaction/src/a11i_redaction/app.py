"""Wires the redaction service."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Final

import structlog

from a11i.redaction.v1 import redaction_service_pb2 as pb
from a11i.redaction.v1 import redaction_service_pb2_grpc
from a11i.telemetry.v1.ledger_entries_pb2 import LEDGER_OUTCOME_REDACTED
from a11i_bus import topology
from a11i_bus.connect import connect
from a11i_bus.port import Bus
from a11i_bus.runner import Stage, StageHealth, StageSpec, run_stage
from a11i_chassis.app import App
from a11i_chassis.auth import TokenCheck
from a11i_redaction.ciphers import MasterKey
from a11i_redaction.detectors.languages import languages_of
from a11i_redaction.instruments import instrumented
from a11i_redaction.loading import Detection, load_detection, redactor_of, standard_policy
from a11i_redaction.pipeline import Redactor
from a11i_redaction.policy.book import PolicyBook
from a11i_redaction.policy.desk import PolicyDesk
from a11i_redaction.policy.in_force import OnePolicy, Policies
from a11i_redaction.policy.model import Policy
from a11i_redaction.policy.parsing import Abilities, parse
from a11i_redaction.policy.trials import Trials
from a11i_redaction.service import Access, RedactionServicer
from a11i_redaction.settings import RedactionSettings
from a11i_storage.postgres import open_redaction_policies

SPEC: Final = StageSpec(
    name="redaction",
    version=1,
    source=topology.SPANS_TOKENIZED,
    group="redaction",
    sink=topology.SPANS_REDACTED,
    outcome=LEDGER_OUTCOME_REDACTED,
)
SERVICE: Final = pb.DESCRIPTOR.services_by_name["RedactionService"].full_name
_CALLS_CACHE_BYTES: Final = 1024**2
"""What people try out hardly repeats."""
_KEY_BYTES: Final = 32
_log = structlog.get_logger()


@asynccontextmanager
async def build(settings: RedactionSettings, loaded: "Detections | None" = None) -> AsyncIterator[App]:
    """Return what the chassis runs; PostgreSQL need not be there yet. What is not `loaded` before loads meanwhile.

    Raises OSError if the language model is not installed.
    """
    async with connect(settings.bus) as bus, open_kept(settings) as kept:
        policies = OnePolicy(_default(settings)) if kept is None else kept.book
        yield build_app(settings, bus, partial(_load, settings, policies, loaded), kept)


@dataclass(frozen=True, slots=True)
class Detections:
    """The detectors of both redactors."""

    stage: Detection
    calls: Detection


@dataclass(frozen=True, slots=True)
class Redactors:
    """Two of them, that share nothing: batches never wait for a call."""

    stage: Redactor
    """The pipeline's."""
    calls: Redactor
    """That of the RPC, with a key of its own: nobody can look up a tenant's placeholders with it."""


@dataclass(frozen=True, slots=True)
class Kept:
    """Policies that are kept in PostgreSQL."""

    book: PolicyBook
    desk: PolicyDesk


def build_app(settings: RedactionSettings, bus: Bus, load: Callable[[], Redactors], kept: Kept | None = None) -> App:
    """Return the service on a bus. `load` makes the redactors; it is called once, in a thread."""
    access = Access(
        admin=TokenCheck(settings.admin_token, service="redaction", setting="A11I_REDACTION_ADMIN_TOKEN"),
        reveal=TokenCheck(
            settings.reveal_token, service="redaction", setting="A11I_REDACTION_REVEAL_TOKEN", name="reveal token"
        ),
    )
    trials = Trials(_default(settings), _abilities(settings))
    servicer = RedactionServicer(trials, access, kept.desk if kept else None)
    health = StageHealth()

    async def work(stop: asyncio.Event) -> None:
        redactors = await asyncio.to_thread(load)
        servicer.redactor = redactors.calls
        stage: Stage = instrumented(redactors.stage)
        key = settings.dead_letter_key
        await run_stage(bus, SPEC, stage, settings.runner, stop, dead_letter_key=key, health=health)

    async def ready() -> bool:
        known = kept is None or kept.book.loaded
        return known and servicer.redactor is not None and health.serving and await bus.ready()

    return App(
        register=[partial(redaction_service_pb2_grpc.add_RedactionServiceServicer_to_server, servicer)],
        services=[SERVICE],
        background=[work] if kept is None else [work, kept.book.follow],
        ready=ready,
    )


@asynccontextmanager
async def open_kept(settings: RedactionSettings) -> AsyncIterator[Kept | None]:
    """Yield the policies in PostgreSQL; None if the settings name none. It connects when it is first asked."""
    if settings.postgres is None:
        yield None
        return
    async with open_redaction_policies(settings.postgres) as store:
        abilities, default = _abilities(settings), pb.Policy(preset=settings.default_preset)
        master_key = MasterKey(settings.master_key.get_secret_value()) if settings.master_key else None
        book = PolicyBook(store, _default(settings), abilities, master_key)
        yield Kept(book, PolicyDesk(store, book, default, abilities, master_key))


def _abilities(settings: RedactionSettings) -> Abilities:
    return Abilities(
        names=settings.names,
        languages=frozenset(_languages(settings)),
        encryption=settings.master_key is not None,
    )


def _default(settings: RedactionSettings) -> Policy:
    return parse(pb.Policy(preset=settings.default_preset), _abilities(settings), field="default")


def load_detections(settings: RedactionSettings) -> Detections:
    """Return the detectors that the service works with, which takes some seconds.

    Raises OSError if the language model is not installed.
    """
    _languages(settings)  # Before anything is loaded.
    detection = settings.detection
    if settings.processes > 1:
        detection = detection.model_copy(update={"device": "cpu"})  # Forks cannot share what is on a GPU.
    for_calls = detection.model_copy(update={"cache_bytes": min(detection.cache_bytes, _CALLS_CACHE_BYTES)})
    return Detections(
        stage=load_detection(detection, names=settings.names), calls=load_detection(for_calls, names=settings.names)
    )


def _load(settings: RedactionSettings, policies: Policies, loaded: Detections | None) -> Redactors:
    try:
        detections = loaded or load_detections(settings)
    except OSError as error:
        # Elsewhere logs name only an error's type, as its words may quote a text. These speak of files and packages.
        _log.error("language_model_not_loaded", reason=str(error))
        raise
    return Redactors(
        stage=redactor_of(detections.stage, settings.pseudonym_key.get_secret_value().encode(), policies),
        calls=redactor_of(detections.calls, secrets.token_bytes(_KEY_BYTES), standard_policy(names=settings.names)),
    )


def _languages(settings: RedactionSettings) -> tuple[str, ...]:
    """Return those that there are models for. Raises OSError if one is not there."""
    if not settings.names:
        return ()
    try:
        return languages_of(settings.detection)
    except OSError as error:
        raise OSError(f"{error}; or set A11I_REDACTION_NAMES=false to go without names") from None
