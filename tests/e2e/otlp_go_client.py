"""Runs `otlp_go`: an OTLP encoder that is neither Google's nor an SDK's, the OpenTelemetry Collector's pdata."""

import functools
import subprocess
from pathlib import Path

from tests.go_program import build

SOURCE = Path(__file__).parent / "otlp_go"
RUN_TIMEOUT_S = 90.0


@functools.cache
def _program() -> Path:
    """Build the program once a session: to see that nothing has changed takes Go a second each time."""
    return build(SOURCE)


def run_go(protocol: str, endpoint: str, *, authorization: str, text: str, gzip: bool = False) -> None:
    """Send `text`, an OTLP/JSON request, to host:port, encoded anew; a failure fails the test.

    `protocol` is grpc, http/protobuf or http/json. Builds the program first.
    """
    command = [str(_program()), "--protocol", protocol, "--endpoint", endpoint, *(["--gzip"] if gzip else [])]
    done = subprocess.run(
        command,
        env={"AUTHORIZATION": authorization},
        input=text,
        timeout=RUN_TIMEOUT_S,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
