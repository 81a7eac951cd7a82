"""The topics of the mesh, as data: who reads them, how long they keep a message, how large they may grow.

    ingest -> spans.received -> tokenization -> spans.tokenized -> redaction -> spans.redacted -> writer
                    any stage, on what it cannot process -> dead.letters -> delivery -> an operator
                    all of them, on what they did with which rows -> ledger -> delivery -> an auditor
                    tokenization, on budgets that are used up -> budget.events -> whoever alerts

Every service that connects creates what is missing and brings the settings of what exists up to date, so there is no
order in which services must start.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

SPANS_RECEIVED: Final = "spans.received"
SPANS_TOKENIZED: Final = "spans.tokenized"
SPANS_REDACTED: Final = "spans.redacted"
DEADLETTERS: Final = "dead.letters"
LEDGER: Final = "ledger"
BUDGET_EVENTS: Final = "budget.events"

DUPLICATE_WINDOW_S: Final = 15 * 60.0
"""Time in which a second message of the same id is recognised. The promise is 10 minutes; a client that retries for
all of them, with a clock of its own, still falls in."""


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic: a queue of work for one group.

    It lets go of a message once the group has settled it, and never before: no age limit applies, since it would lose
    spans that were acknowledged to a client. Text that nobody has redacted thus leaves the bus as soon as it has been
    worked on. A full topic refuses new messages; it never drops old ones to make room.

    The exception is a topic with `max_age_s`, whose messages are kept elsewhere, too: there may be nobody yet who reads
    it, and it must not be full for ever then.
    """

    name: str
    group: str
    """The group that reads it."""
    capacity_share: float
    """Part of the bus's capacity in bytes (`BusSettings.capacity_bytes`) that the topic may fill."""
    max_age_s: float | None = None
    """Seconds after which a message may be dropped that nobody has settled. None: it never is."""


TOPICS: Final[tuple[Topic, ...]] = (
    # Raw text. Holds the largest backlog, as counting and redaction are the slowest steps.
    Topic(SPANS_RECEIVED, "tokenization", 0.4),
    # Raw text with counts.
    Topic(SPANS_TOKENIZED, "redaction", 0.2),
    # No raw text from here on.
    Topic(SPANS_REDACTED, "writer", 0.29),
    # Sealed payloads (`a11i_bus.sealing`), until the delivery service has them.
    Topic(DEADLETTERS, "delivery", 0.06),
    # About 500 bytes a batch of 100 kB: it lasts longer than the others do while ClickHouse is away.
    Topic(LEDGER, "delivery", 0.04),
    # Some hundred bytes each, a few a day for each budget. PostgreSQL keeps them, and lists them to whoever comes later
    # than this; a mesh in which nothing alerts yet works all the same.
    Topic(BUDGET_EVENTS, "alerting", 0.01, max_age_s=7 * 86_400.0),
)
"""All topics, in the order of the way of a span."""

FORMERLY: Final[Mapping[str, str]] = {DEADLETTERS: "deadletters"}
"""Topics that had another name, and that name. What still waits there is moved (see each adapter)."""


def topic(name: str) -> Topic:
    """Return the topic of that name. Raises ValueError if there is none, which is a mistake in the caller's code."""
    for candidate in TOPICS:
        if candidate.name == name:
            return candidate
    raise ValueError(f"no topic {name!r}; a11i_bus.topology names them")


def check_group(name: str, group: str) -> Topic:
    """Return the topic `name`. Raises ValueError if it does not exist or `group` is not its group."""
    found = topic(name)
    if group != found.group:
        raise ValueError(f"topic {name!r} has no group {group!r}, only {found.group}")
    return found
