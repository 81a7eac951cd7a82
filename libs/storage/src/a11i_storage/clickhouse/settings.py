"""Where ClickHouse is and how long to wait for it."""

from dataclasses import dataclass
from typing import Self
from urllib.parse import unquote, urlsplit

from pydantic import BaseModel, Field, SecretStr, field_validator


@dataclass(frozen=True, slots=True)
class Endpoint:
    """The parts of a ClickHouse URL."""

    secure: bool
    host: str
    port: int
    user: str
    password: str
    database: str

    @classmethod
    def of(cls, url: str) -> Self:
        """Take `url` apart. Raises ValueError, whose text does not repeat the URL: it may hold a password."""
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("not of the form http://user:password@host:port/database")
        database = parts.path.removeprefix("/")
        if not database.replace("_", "").isalnum() or not database.isascii():
            raise ValueError("must end with the name of a database: letters, digits and _, as in .../a11i")
        return cls(
            secure=parts.scheme == "https",
            host=parts.hostname,
            port=parts.port or (8443 if parts.scheme == "https" else 8123),
            user=unquote(parts.username or "default"),
            password=unquote(parts.password or ""),
            database=database,
        )


class ClickHouseSettings(BaseModel):
    """A ClickHouse server, or the embedded engine's HTTP front, and the limits of what is asked of it."""

    url: SecretStr = Field(description="http://user:password@host:port/database; https for TLS.")
    connect_timeout_s: float = Field(3.0, gt=0, description="Time to connect, in seconds.")
    insert_timeout_s: float = Field(30.0, gt=0, description="Time for an insert to be durable, in seconds.")
    query_timeout_s: float = Field(10.0, gt=0, description="Time for a query to answer, in seconds.")
    query_max_memory_bytes: int = Field(
        1024**3, ge=32 * 1024**2, description="Memory that ClickHouse may use for one query; beyond, it is refused."
    )

    @field_validator("url")
    @classmethod
    def _url_is_complete(cls, url: SecretStr) -> SecretStr:
        Endpoint.of(url.get_secret_value())
        return url

    @property
    def endpoint(self) -> Endpoint:
        """The URL's parts."""
        return Endpoint.of(self.url.get_secret_value())
