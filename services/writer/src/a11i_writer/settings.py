"""What the writer can be told."""

from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict

from a11i_bus import BusSettings
from a11i_bus.runner import SinkSettings
from a11i_chassis.settings import ServiceSettings
from a11i_storage.archive import ArchiveSettings
from a11i_storage.clickhouse import ClickHouseSettings


class WriterSettings(ServiceSettings):
    """Settings of the writer, from A11I_WRITER_..."""

    model_config = SettingsConfigDict(env_prefix="A11I_WRITER_")

    bus: BusSettings = Field(description="Where batches come from.")
    clickhouse: ClickHouseSettings = Field(description="Where their rows are stored.")
    archive: ArchiveSettings | None = Field(
        None, description="Where all rows are kept as Parquet, to be replayed. Unset: nowhere."
    )
    runner: SinkSettings = Field(
        default_factory=SinkSettings,
        description="How batches are gathered. A longer max_wait_s makes fewer, larger inserts and older answers.",
    )
    dead_letter_key: SecretStr = Field(
        min_length=32, description="Key that seals batches which ClickHouse refuses; the same in the whole mesh."
    )
