"""Each fuzzing target for a short while: enough to see that it holds, and that it is not blind."""

import subprocess
import sys
from pathlib import Path

import pytest

_SECONDS = 5
_ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("target", ["decode", "otlp_json", "normaliser"])
def test_nothing_is_found_in_a_short_while(target: str, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.fuzz.fuzz_otlp", target, str(_SECONDS), str(tmp_path)]
    ended = subprocess.run(command, cwd=_ROOT, capture_output=True, text=True, timeout=55, check=False)
    assert ended.returncode == 0, ended.stdout[-2000:] + ended.stderr[-4000:]
    assert "Done " in ended.stderr
