"""The chaos suite in short: a few of its actions on a mesh lose nothing, and its checker sees a mesh that does."""

from pathlib import Path

from tests.chaos.actions import ACTIONS, Action
from tests.chaos.table import report
from tests.chaos.trial import Setup, run_seed

SEED = 1
SHORT = (
    "kill ingest after publish",
    "kill tokenization after publish",
    "kill writer before acknowledge",
    "cut bus answers",
    "cut clickhouse answers",
    "double publications",
    "kill nats",
)


def actions(*names: str) -> list[Action]:
    """The actions of these names."""
    by_name = {action.name: action for action in ACTIONS["nats"]}
    return [by_name[name] for name in names]


async def test_nothing_is_lost_doubled_or_made_up_while_services_die_and_connections_break(tmp_path: Path) -> None:
    outcome = await run_seed(SEED, tmp_path, Setup(actions=actions(*SHORT)), print)
    assert outcome.clean, report([outcome])
    assert outcome.verdict.acknowledged > 100
    assert set(outcome.deeds.done) == set(SHORT)


async def test_the_checker_sees_what_an_ingest_loses_that_acknowledges_before_it_publishes(tmp_path: Path) -> None:
    setup = Setup(actions=actions("kill ingest before publish"), eager_ingest=True)
    outcome = await run_seed(SEED, tmp_path, setup, print)
    assert outcome.deeds.done == ["kill ingest before publish"]
    assert len(outcome.verdict.lost) > 0, report([outcome])
    assert not outcome.clean
    assert not outcome.verdict.phantom
