"""What a service's metrics say before it has anything to say."""

import re
import subprocess
import sys


def test_whoever_does_not_audit_says_nothing_of_the_ledger() -> None:
    """Every service serves all names: a 0 among them would set off the alert on a drift."""
    program = (
        "from prometheus_client import generate_latest; import a11i_chassis.metrics; print(generate_latest().decode())"
    )
    shown = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=50, check=True
    ).stdout
    gauges = dict(re.findall(r"^(a11i_ledger_\w+) (\S+)$", shown, re.MULTILINE))
    assert len([name for name in gauges if not name.endswith(("_total", "_created"))]) == 7
    assert {value for name, value in gauges.items() if not name.endswith(("_total", "_created"))} == {"NaN"}
