"""Who may call what is not open to everybody: holders of the admin token of the service's settings."""

import hmac

import grpc
from pydantic import SecretStr

from a11i.errors.v1 import error_reason_pb2
from a11i_chassis.auth import bearer_token
from a11i_chassis.errors import PermanentError, UnauthenticatedError
from a11i_chassis.grpc_types import Context


class NotConfiguredError(PermanentError):
    """The settings name no store that the call needs."""

    code = grpc.StatusCode.FAILED_PRECONDITION
    default_reason = error_reason_pb2.ERROR_REASON_NOT_FOUND


class AdminToken:
    """Checks the credential of a call."""

    def __init__(self, token: SecretStr | None) -> None:
        self._token = token.get_secret_value().encode() if token else b""

    def check(self, context: Context) -> None:
        """Return if the caller shows the token. Raises UnauthenticatedError; always where none is set."""
        token = bearer_token(context.invocation_metadata())
        if not self._token:
            raise UnauthenticatedError("this service has no admin token: set A11I_TOKENIZATION_ADMIN_TOKEN")
        if not hmac.compare_digest(token.encode(), self._token):
            raise UnauthenticatedError("the admin token is not the one of the tokenization service's settings")
