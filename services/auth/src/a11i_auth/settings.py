"""What the auth service can be told."""

from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict

from a11i_chassis.settings import GrpcServerSettings, ServiceSettings
from a11i_storage.postgres import PostgresSettings


class AuthGrpcSettings(GrpcServerSettings):
    """The auth service's listener: its requests are a key or a few names."""

    max_receive_bytes: int = Field(64 * 1024, gt=0, description="Largest request taken.")


class AuthSettings(ServiceSettings):
    """Settings of the auth service, from A11I_AUTH_..."""

    model_config = SettingsConfigDict(env_prefix="A11I_AUTH_")

    grpc: AuthGrpcSettings = Field(AuthGrpcSettings(), description="The gRPC listener.")
    postgres: PostgresSettings = Field(description="The catalog.")
    pepper: SecretStr = Field(
        min_length=32, description="Key of the MACs under which API keys are stored; changing it ends all keys."
    )
    admin_token: SecretStr = Field(min_length=32, description="What AdminService's callers must show.")
