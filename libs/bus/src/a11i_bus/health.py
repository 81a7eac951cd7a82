"""Whether a stage works, as its service's health and metrics say it."""

import enum

from a11i_chassis import metrics


class Trouble(enum.Enum):
    """Why a stage takes no work."""

    DEAD_LETTERS = "dead_letters"
    """It would give up too large a share of the items. It probes whether that has passed."""
    OVER_BUDGET = "over_budget"
    """Work on a batch does not end. The service exits."""


class StageHealth:
    """What a stage tells its service: pass it to `run_stage` or `run_sink`, and ask it in the service's `ready`."""

    def __init__(self) -> None:
        self._troubles: set[Trouble] = set()

    @property
    def serving(self) -> bool:
        """False while the stage takes no work for a reason of its own."""
        return not self._troubles

    def report(self, stage: str, trouble: Trouble, there: bool) -> None:
        """Note that a trouble is there, or over."""
        (self._troubles.add if there else self._troubles.discard)(trouble)
        metrics.STAGE_STOPPED.labels(stage, trouble.value).set(there)
