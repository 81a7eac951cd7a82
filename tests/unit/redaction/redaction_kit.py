"""What the redaction tests share: batches of spans, and a redactor with detectors of one's own."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa

from a11i.redaction.v1 import redaction_service_pb2 as pb
from a11i_redaction.analysis import Analyzer
from a11i_redaction.cache import FindingsCache
from a11i_redaction.detectors.languages import NameDetectors
from a11i_redaction.detectors.patterns import MIN_SCORE, PatternDetector
from a11i_redaction.findings import Finding
from a11i_redaction.pipeline import Redactor
from a11i_redaction.policy.entities import MODEL_ENTITIES
from a11i_redaction.policy.in_force import OnePolicy
from a11i_redaction.policy.model import Policy
from a11i_redaction.policy.parsing import Abilities, parse
from a11i_redaction.pseudonyms import Pseudonyms
from a11i_telemetry.batch import SpanBatch
from a11i_telemetry.columns import empty
from a11i_telemetry.signals import SCHEMAS, Signal

KEY = b"a key of the tests"
TENANT = "tenant-1"


def batch(rows: int = 1, /, **columns: Sequence[Any]) -> SpanBatch:
    """Return a batch of spans in which the named columns have these values, and the others are empty."""
    return batch_of(Signal.SPANS, rows, **columns)


def batch_of(signal: Signal, rows: int = 1, /, **columns: Sequence[Any]) -> SpanBatch:
    """Return such a batch of another signal."""
    arrays = [
        pa.array(columns[field.name], field.type) if field.name in columns else _default(field, rows)
        for field in SCHEMAS[signal]
    ]
    made = pa.RecordBatch.from_arrays(arrays, schema=SCHEMAS[signal])
    return SpanBatch("0" * 32, TENANT, "project-1", 0, made, signal=signal)


def _default(field: Any, rows: int) -> Any:
    if field.name in {"trace_id", "span_id"}:
        return pa.array([b"\x41" * field.type.byte_width] * rows, field.type)
    return empty(field.type, rows)


def column(of: SpanBatch, name: str) -> list[Any]:
    """Return a column's values; maps as lists of pairs."""
    return list(of.columns.column(name).to_pylist())


def found(findings: Sequence[Finding], text: str) -> list[tuple[str, str]]:
    """Return entity and text of each finding that counts by default, sorted."""
    counted = (finding for finding in findings if finding.score >= MIN_SCORE)
    return sorted((finding.entity, text[finding.start : finding.end]) for finding in counted)


class ScriptedModel:
    """A language model that knows some names by heart, and fails on texts that hold `poison`."""

    version = "scripted/1"

    def __init__(self, names: Mapping[str, str], poison: str = "\0poison") -> None:
        self._names = names
        self._poison = poison

    def entities(self, texts: Sequence[str]) -> Iterator[list[tuple[int, int, str, float]]]:
        """Yield where the names are."""
        for text in texts:
            if self._poison in text:
                raise ValueError(f"cannot work on {text}")
            yield [
                (*match.span(), entity, 0.85)
                for name, entity in self._names.items()
                for match in re.finditer(re.escape(name), text)
            ]


def policy(**fields: Any) -> Policy:
    """Return a policy of a service that can do everything."""
    return parse(pb.Policy(**fields), Abilities(names=True))


def redactor_with(
    patterns: PatternDetector, model: ScriptedModel, chosen: Policy | None = None, **limits: int
) -> Redactor:
    """Return a redactor with the real patterns and a scripted model, by default under the preset "standard"."""
    names = NameDetectors({"en": model}, MODEL_ENTITIES, limits.get("max_model_chars", 10_000))
    analyzer = Analyzer(patterns, names, FindingsCache(1_000_000), limits.get("max_value_chars", 100_000))
    policies = OnePolicy(chosen or policy(preset="standard"))
    return Redactor(analyzer, Pseudonyms(KEY), policies, "test/1", lambda: 0)
