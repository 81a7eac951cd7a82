"""What a service needs to run its stage or sink: see `run_stage` and `run_sink`."""

from a11i_bus.health import StageHealth
from a11i_bus.settings import RunnerSettings, SinkSettings
from a11i_bus.sink import Sink, SinkSpec, run_sink
from a11i_bus.spec import Stage, StageSpec
from a11i_bus.stage import StageStuckError, run_stage

__all__ = [
    "RunnerSettings",
    "Sink",
    "SinkSettings",
    "SinkSpec",
    "Stage",
    "StageHealth",
    "StageSpec",
    "StageStuckError",
    "run_sink",
    "run_stage",
]
