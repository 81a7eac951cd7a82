"""What the query service can be told."""

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from a11i_chassis.settings import ClientSettings, ServiceSettings
from a11i_storage.clickhouse import ClickHouseSettings


class QuerySettings(ServiceSettings):
    """Settings of the query service, from A11I_QUERY_..."""

    model_config = SettingsConfigDict(env_prefix="A11I_QUERY_")

    clickhouse: ClickHouseSettings = Field(description="The store of spans.")
    auth: ClientSettings = Field(description="The auth service, which verifies API keys.")
