"""Coverage-guided fuzzing of what reads requests: python -m tests.fuzz.fuzz_otlp TARGET [SECONDS] [DIRECTORY].

Targets: `decode` (protobuf, as ingest accepts it, to columns), `otlp_json` (the same for JSON), `normaliser` (columns
of spans that hold what instrumentations send, bent). No exception but a refusal may escape, and each item that was sent
is accepted or counted as rejected. DIRECTORY keeps what was found to reach new code, for a longer run; an input that
fails is left there as `crash-...` and can be given instead of SECONDS to run it alone.
"""

import contextlib
import importlib
import sys
import tempfile
from pathlib import Path
from typing import Any, Final

from tests.fuzz.seeds import JSON_TOKENS, dictionary, seeds

# By name, as it has no types, and exists for Linux and macOS alone.
atheris: Any = importlib.import_module("atheris")

with atheris.instrument_imports(include=["a11i_ingest", "a11i_telemetry"]):
    from tests.fuzz.targets import TARGETS

_SECONDS: Final = 120
_MAX_INPUT_BYTES: Final = 16_384
_MAX_SECONDS_AN_INPUT: Final = 20
_MAX_MEMORY_MB: Final = 2048


def main(target: str, what: str = str(_SECONDS), directory: str = "") -> None:
    """Fuzz one target for a time, or run it on one file. Ends the process: with 0 if nothing was found."""
    with contextlib.ExitStack() as stack:
        root = Path(directory or stack.enter_context(tempfile.TemporaryDirectory()))
        given = root / target
        given.mkdir(parents=True, exist_ok=True)
        for number, seed in enumerate(seeds(target)):
            (given / f"seed-{number}").write_bytes(seed)
        words = root / "words"
        words.write_text(dictionary(JSON_TOKENS))
        options = [
            f"-artifact_prefix={root}/",
            f"-dict={words}",
            f"-max_len={_MAX_INPUT_BYTES}",
            f"-timeout={_MAX_SECONDS_AN_INPUT}",
            f"-rss_limit_mb={_MAX_MEMORY_MB}",
        ]
        inputs = [f"-max_total_time={what}", str(given)] if what.isdigit() else [what]
        atheris.Setup([sys.argv[0], *options, *inputs], TARGETS[target])
        atheris.Fuzz()


if __name__ == "__main__":
    main(*sys.argv[1:])
