"""`python -m tests.chaos`: seeds one after the other, and a table."""

from __future__ import annotations

import argparse
import asyncio
import logging
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import structlog

from tests.chaos.actions import ACTIONS
from tests.chaos.table import report, table
from tests.chaos.trial import Outcome, Setup, run_seed


def main(argv: Sequence[str] | None = None) -> int:
    """Run the suite. Exit codes: 0 all is as it must be, 1 something is not, 2 it can't be run as asked."""
    arguments = _parser().parse_args(argv)
    chosen = [action for action in ACTIONS[arguments.bus] if any(part in action.name for part in arguments.only)]
    if arguments.only and not chosen:
        names = ", ".join(action.name for action in ACTIONS[arguments.bus])
        _say(f"no action is named like {arguments.only}; there are: {names}")
        return 2
    # What the suite itself does on the bus is not worth a line each time.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    setup = Setup(arguments.bus, arguments.seconds, chosen, arguments.fault)
    seeds = [arguments.seed] if arguments.seed is not None else list(range(1, arguments.seeds + 1))
    folder = Path(tempfile.mkdtemp(prefix="a11i-chaos-"))
    outcomes: list[Outcome] = []
    for seed in seeds:
        outcome = asyncio.run(run_seed(seed, folder, setup, _say))
        outcomes.append(outcome)
        _say(table([outcome]))
        if outcome.clean and not arguments.keep:
            shutil.rmtree(folder / f"seed-{seed}")
        elif not outcome.clean:
            _tell(outcome, folder)
    _say(f"\n{report(outcomes)}")
    if not any(folder.glob("seed-*/")):
        shutil.rmtree(folder)
    return 0 if all(outcome.clean for outcome in outcomes) else 1


def _tell(outcome: Outcome, folder: Path) -> None:
    """Say what is needed to look further."""
    verdict = outcome.verdict
    for name, keys in (("lost", verdict.lost), ("phantom", verdict.phantom), ("wrong", verdict.wrong)):
        if keys:
            _say(f"{name}: " + ", ".join("/".join(key) for key in keys[:10]))
    _say(f"everything of this mesh, logs included, is kept in {folder / f'seed-{outcome.seed}'}")


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description="All goes wrong; nothing is lost.")
    parser.add_argument("--seeds", type=int, default=10, help="seeds 1 to this many (10)")
    parser.add_argument("--seed", type=int, help="this seed alone")
    parser.add_argument("--bus", choices=sorted(ACTIONS), default="nats")
    parser.add_argument("--seconds", type=float, default=240.0, help="for actions; those that do not fit fall out")
    parser.add_argument("--only", action="append", default=[], metavar="WORDS", help="actions with these words alone")
    parser.add_argument("--fault", action="store_true", help="with an ingest that acknowledges too early: must fail")
    parser.add_argument("--keep", action="store_true", help="keep the data directories of seeds that went well, too")
    return parser
