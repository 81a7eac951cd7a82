"""PostgreSQL runs as a user who owns nothing, and still reaches what only root may."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from a11i_local.engines.postgres import server_prefix

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root has another user's server")


def test_programs_below_a_folder_that_only_root_may_enter_are_seen_and_run(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    program = tmp_path / "program"
    program.write_text("#!/bin/sh\nid -u\n")
    program.chmod(0o755)
    # initdb asks access(2) first.
    code = f"import os, subprocess; assert os.access({str(program)!r}, os.X_OK); subprocess.run([{str(program)!r}])"
    command = [*server_prefix(), sys.executable, "-I", "-S", "-c", code]
    run = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)

    assert run.stderr == ""
    assert int(run.stdout) != 0
