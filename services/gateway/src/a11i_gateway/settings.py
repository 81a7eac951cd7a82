"""The gateway's settings: A11I_GATEWAY_HTTP__LISTEN, A11I_GATEWAY_QUERY__ADDRESS, ..."""

from __future__ import annotations

from pydantic import BaseModel, Field

from a11i_chassis.settings import ClientSettings, ServiceSettings


class HttpSettings(BaseModel):
    """The REST listener."""

    listen: str = Field(default="127.0.0.1:8080", pattern=r"^.+:\d{1,5}$", description="host:port; port 0: a free one.")

    @property
    def address(self) -> tuple[str, int]:
        """Host and port."""
        host, _, port = self.listen.rpartition(":")
        return host.strip("[]"), int(port)


class GatewaySettings(ServiceSettings, env_prefix="A11I_GATEWAY_"):
    """What the gateway listens on and whom it asks."""

    http: HttpSettings = Field(default_factory=HttpSettings, description="The REST listener.")
    query: ClientSettings = Field(description="The query service.")
