"""Who may call: holders of a token of the service's settings."""

import hmac

from pydantic import SecretStr

from a11i_chassis.auth import bearer_token
from a11i_chassis.errors import UnauthenticatedError
from a11i_chassis.grpc_types import Context


class TokenCheck:
    """Checks the credential of a call."""

    def __init__(self, token: SecretStr | None, name: str, setting: str) -> None:
        self._token = token.get_secret_value().encode() if token else b""
        self._name = name
        self._setting = setting

    def __call__(self, context: Context) -> None:
        """Return if the caller shows the token. Raises UnauthenticatedError; always where none is set."""
        token = bearer_token(context.invocation_metadata())
        if not self._token:
            raise UnauthenticatedError(f"this service has no {self._name}: set {self._setting}")
        if not hmac.compare_digest(token.encode(), self._token):
            raise UnauthenticatedError(f"the {self._name} is not the one of the redaction service's settings")
