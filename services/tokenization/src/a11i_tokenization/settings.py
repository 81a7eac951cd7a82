"""What the tokenization service can be told."""

from pathlib import Path

from pydantic import Field, SecretStr

from a11i_bus.sealing import MIN_SECRET_CHARACTERS
from a11i_bus.settings import BusSettings, RunnerSettings
from a11i_chassis.settings import ServiceSettings
from a11i_storage.postgres import PostgresSettings


class TokenizationSettings(ServiceSettings, env_prefix="A11I_TOKENIZATION_"):
    """Settings of the tokenization service, from A11I_TOKENIZATION_..."""

    bus: BusSettings = Field(description="The bus that batches come from and go to.")
    runner: RunnerSettings = Field(RunnerSettings(), description="How the stage is run.")
    dead_letter_key: SecretStr = Field(
        min_length=MIN_SECRET_CHARACTERS,
        description="Secret under which batches are sealed that cannot be processed; `openssl rand -hex 32` makes one.",
    )
    vocabulary_directory: Path | None = Field(
        None, description="Where tiktoken's vocabulary files are; empty for those in the installed litellm."
    )
    tokenizer_directory: Path | None = Field(
        None,
        description="Where your own tokenizers are: <name>.json of Hugging Face or <name>.model of SentencePiece, and "
        "a models.toml that says which models have them. Empty for none.",
    )
    postgres: PostgresSettings | None = Field(
        None, description="Where tenants' price tables are kept. Without, the default prices hold for everybody."
    )
    admin_token: SecretStr | None = Field(
        None,
        min_length=32,
        description="What callers must show to read and store what is a tenant's. Without it nobody can.",
    )
    count_cache_bytes: int = Field(
        32 * 1024 * 1024,
        ge=1024 * 1024,
        description="Memory for counts of messages seen before; 32 MiB remember about 110,000 messages.",
    )
