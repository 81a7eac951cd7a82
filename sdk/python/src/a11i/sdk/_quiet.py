"""Telling about trouble once in a while, from places that must never raise."""

import logging
import threading
import time

logger = logging.getLogger("a11i.sdk")

INTERVAL_S = 60.0
"""One line a minute tells an operator that telemetry is failing; more would drown the program's own log."""


class Occasional:
    """Logs a warning at most once in INTERVAL_S, and says how many were kept back."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._next_s = 0.0
        self._kept_back = 0

    def warn(self, message: str) -> None:
        """Log `message`, or count it."""
        with self._lock:
            now_s = time.monotonic()
            if now_s < self._next_s:
                self._kept_back += 1
                return
            kept_back, self._kept_back = self._kept_back, 0
            self._next_s = now_s + INTERVAL_S
        suffix = f" ({kept_back} more like it since the last message)" if kept_back else ""
        logger.warning("%s%s", message, suffix)
