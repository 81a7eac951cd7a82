"""Where PostgreSQL is and how long to wait for it."""

from pydantic import BaseModel, Field, SecretStr


class PostgresSettings(BaseModel):
    """A PostgreSQL database."""

    dsn: SecretStr = Field(description="postgresql://user:password@host:port/database.")
    connect_timeout_s: float = Field(3.0, gt=0, description="Time to connect, in seconds.")
    query_timeout_s: float = Field(5.0, gt=0, description="Time for a statement to answer, in seconds.")
    max_connections: int = Field(4, ge=1, le=100, description="Connections that a process holds at most.")
