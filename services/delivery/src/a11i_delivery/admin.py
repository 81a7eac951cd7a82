"""Who may call: administrators, who have the token of the service's settings."""

import hmac

from pydantic import SecretStr

from a11i_chassis.auth import ADMIN_TOKEN_MISSING, bearer_token
from a11i_chassis.errors import UnauthenticatedError
from a11i_chassis.grpc_types import Context


class AdminCheck:
    """Checks the credential of a call."""

    def __init__(self, admin_token: SecretStr) -> None:
        self._token = admin_token.get_secret_value().encode()

    def __call__(self, context: Context) -> None:
        """Return if the caller shows the admin token. Raises UnauthenticatedError."""
        token = bearer_token(context.invocation_metadata(), missing=ADMIN_TOKEN_MISSING)
        if not hmac.compare_digest(token.encode(), self._token):
            raise UnauthenticatedError("the admin token is not the one of the delivery service's settings")
