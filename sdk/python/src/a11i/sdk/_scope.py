"""Session and user: set once, on every span below."""

from types import TracebackType

from opentelemetry import trace
from opentelemetry.context import Context, attach, create_key, detach, get_value, set_value
from opentelemetry.util.types import AttributeValue

from a11i.sdk._capture import clean

# In the context alone, never in baggage: baggage leaves the process in the headers of every request, to anybody.
_SESSION_KEY = create_key("a11i-session")
_USER_KEY = create_key("a11i-user")


class Scope:
    """What `set_session` and `set_user` return: as a `with` block, it takes the value back at its end."""

    __slots__ = ("_token",)

    def __init__(self, key: str, value: str) -> None:
        self._token = attach(set_value(key, value))

    def __enter__(self) -> "Scope":
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        detach(self._token)


def set_session(session_id: str) -> Scope:
    """Put `gen_ai.conversation.id` and `session.id` on the current span and on all that start below it.

    Holds until the enclosing observed step ends, or outside of one for the rest of the thread or task; use
    `with set_session(...):` to end it yourself. Follows OpenTelemetry's context into tasks and other instrumentations.
    """
    return _set(_SESSION_KEY, session_id)


def set_user(user_id: str) -> Scope:
    """Put `user.id` on the current span and on all that start below it; holds as `set_session` does."""
    return _set(_USER_KEY, user_id)


def _set(key: str, value: str) -> Scope:
    scope = Scope(key, clean(str(value)))
    span = trace.get_current_span()
    if span.is_recording():
        span.set_attributes(attributes_of(None))
    return scope


def attributes_of(context: Context | None) -> dict[str, AttributeValue]:
    """Return the attributes of `context`'s session and user; None is the current context."""
    attributes: dict[str, AttributeValue] = {}
    session, user = get_value(_SESSION_KEY, context), get_value(_USER_KEY, context)
    if isinstance(session, str):
        attributes["gen_ai.conversation.id"] = session
        attributes["session.id"] = session
    if isinstance(user, str):
        attributes["user.id"] = user
    return attributes
