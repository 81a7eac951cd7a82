"""What can go wrong with a measurement."""


class MeasurementError(Exception):
    """What was measured is worth nothing; the message says why."""
