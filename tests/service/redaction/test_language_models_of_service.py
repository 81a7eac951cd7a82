"""The service with an operator's own language model, from a file in Presidio's format to what a caller gets."""

import asyncio
from pathlib import Path
from typing import Any

import grpc
import pytest
import spacy
from grpc_health.v1 import health_pb2, health_pb2_grpc
from pydantic import SecretStr
from structlog.testing import capture_logs

from a11i.redaction.v1 import redaction_service_pb2 as pb
from a11i.redaction.v1.redaction_service_pb2_grpc import RedactionServiceStub
from a11i_bus.settings import BusSettings
from a11i_chassis.app import serving
from a11i_redaction.app import SERVICE, build
from a11i_redaction.settings import DetectionSettings, RedactionSettings

_NAME = "Ostwind Sieben"
"""Which no list of names has, so that only the operator's model knows whom it means."""
_DEADLINE_S = 30.0


def _settings(detection: DetectionSettings) -> RedactionSettings:
    return RedactionSettings(
        bus=BusSettings(url=SecretStr("memory://")),
        pseudonym_key=SecretStr("a key of the tests"),
        dead_letter_key=SecretStr("k" * 32),
        detection=detection,
    )


async def test_an_operator_s_model_finds_names_in_calls(tmp_path: Path) -> None:
    language = spacy.blank("en")
    ruler: Any = language.add_pipe("entity_ruler")
    ruler.add_patterns([{"label": "AGENT", "pattern": _NAME}])
    language.to_disk(tmp_path / "en_agents")
    nlp = tmp_path / "nlp.yaml"
    nlp.write_text(
        f"""
        nlp_engine_name: spacy
        models: [{{lang_code: en, model_name: {tmp_path / "en_agents"}}}]
        ner_model_configuration:
          model_to_presidio_entity_mapping: {{AGENT: PERSON}}
          default_score: 0.7
        """
    )
    settings = _settings(DetectionSettings(nlp_config=nlp))
    async with (
        build(settings) as app,
        serving("redaction", settings, app) as running,
        grpc.aio.insecure_channel(running.address) as channel,
    ):
        await _until_serving(channel)
        answer = await RedactionServiceStub(channel).Redact(pb.RedactRequest(texts=[f"I heard that {_NAME} left"]))
    [redacted] = answer.texts
    assert redacted.text.startswith("I heard that <PERSON_")
    assert _NAME not in redacted.text
    assert [(found.entity, found.start, found.end) for found in redacted.findings] == [("PERSON", 13, 27)]
    assert redacted.findings[0].score == pytest.approx(0.7)


async def test_a_model_that_does_not_load_ends_the_service_and_the_log_says_why(tmp_path: Path) -> None:
    settings = _settings(DetectionSettings(model=str(tmp_path)))  # It is there, and holds nothing.
    with capture_logs() as logs:
        async with build(settings) as app, serving("redaction", settings, app) as running:
            await asyncio.wait_for(running.failed.wait(), _DEADLINE_S)
    [said] = [entry for entry in logs if entry["event"] == "language_model_not_loaded"]
    assert str(tmp_path) in said["reason"]


async def _until_serving(channel: grpc.aio.Channel) -> None:
    async with asyncio.timeout(_DEADLINE_S):
        health = health_pb2_grpc.HealthStub(channel)
        request = health_pb2.HealthCheckRequest(service=SERVICE)
        async for answer in health.Watch(request):
            if answer.status == health_pb2.HealthCheckResponse.SERVING:
                return
