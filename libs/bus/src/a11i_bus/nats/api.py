"""Calls of JetStream's API: requests and answers in JSON."""

import json
from collections.abc import Mapping
from typing import Final

from a11i_bus.nats.link import NatsLink, away

NAME_IN_USE: Final = 10058
"""JetStream's error code for a stream that exists with other settings."""
NO_SUCH_STREAM: Final = 10059

Answer = Mapping[str, object]


async def call(link: NatsLink, action: str, body: Answer | None = None, *, prepared: bool = True) -> Answer:
    """Return the answer, which may be an error. Raises UnavailableError if there is none.

    `prepared=False` asks even before the link counts as up.
    """
    request = link.request if prepared else link.request_unprepared
    message = await request(f"$JS.API.{action}", json.dumps(body or {}).encode())
    answer: dict[str, object] = json.loads(message.data)
    return answer


def error_code(answer: Answer) -> int | None:
    """Return JetStream's code of the error that the answer is; None if it is none."""
    error = answer.get("error")
    return error.get("err_code") if isinstance(error, dict) else None


def check(answer: Answer, what: str) -> None:
    """Raise UnavailableError if the answer is an error."""
    error = answer.get("error")
    if isinstance(error, dict):
        raise away(f"the bus refuses {what}: {error.get('description')} ({error.get('err_code')})")


def number(answer: Answer, *path: str) -> int:
    """Return the whole number at a place of the answer. Raises UnavailableError if there is none."""
    found: object = answer
    for name in path:
        found = found.get(name) if isinstance(found, Mapping) else None
    if not isinstance(found, int):
        raise away(f"the bus did not say its {'.'.join(path)}")
    return found
