"""When a stage stops instead of giving up more."""

import pytest

from a11i_bus.dead_letter_share import DeadLetterShare
from a11i_bus.health import StageHealth
from a11i_bus.settings import DeadLetterLimit

LIMIT = DeadLetterLimit(share=0.2, min_items=100, pause_s=30)


class Watch:
    """A share with a clock that stands."""

    def __init__(self) -> None:
        self.now = 0.0
        self.health = StageHealth()
        self.share = DeadLetterShare("redaction", LIMIT, self.health, lambda: self.now)


def test_few_failures_among_many_items_are_given_up() -> None:
    watch = Watch()
    watch.share.passed("a", 1000)
    assert all(watch.share.allows("a", 1) for _ in range(200))
    assert watch.health.serving


def test_too_large_a_share_stops_the_stage() -> None:
    watch = Watch()
    watch.share.passed("a", 80)
    assert watch.share.allows("a", 20)
    assert not watch.share.allows("a", 1)
    assert (watch.share.stopped, watch.health.serving) == (True, False)
    assert watch.share.pause_s() == 30


def test_a_share_of_few_items_says_nothing() -> None:
    watch = Watch()
    assert all(watch.share.allows("a", 1) for _ in range(99))
    assert not watch.share.allows("a", 1)


def test_only_the_last_minute_counts() -> None:
    watch = Watch()
    watch.share.passed("a", 1000)
    watch.now = 59.0
    assert watch.share.allows("a", 100)
    watch.now = 61.0
    assert not watch.share.allows("a", 1)
    watch = Watch()
    assert watch.share.allows("a", 99)
    watch.now = 61.0
    assert watch.share.allows("a", 99)


def test_a_tenant_whose_items_are_all_bad_does_not_stop_the_others() -> None:
    watch = Watch()
    watch.share.passed("good", 10)
    assert all(watch.share.allows("bad", 50) for _ in range(20))
    assert watch.health.serving


@pytest.mark.parametrize("others", [0, 9])
def test_a_tenant_that_is_nearly_alone_stands_for_all(others: int) -> None:
    watch = Watch()
    watch.share.passed("good", others)
    assert not watch.share.allows("bad", 100)


def test_failures_of_two_tenants_are_the_stages() -> None:
    watch = Watch()
    watch.share.passed("a", 50)
    assert watch.share.allows("a", 25)
    watch.share.passed("b", 20)
    assert watch.share.allows("b", 4)
    assert not watch.share.allows("b", 20)


def test_a_probe_that_passes_lets_the_stage_go_on_from_nothing() -> None:
    watch = Watch()
    assert not watch.share.allows("a", 100)
    watch.share.passed("a", 100)  # held from before
    assert watch.share.stopped
    watch.now = 30.0
    assert watch.share.pause_s() == 0
    watch.share.passed("a", 3)
    assert (watch.share.stopped, watch.health.serving) == (False, True)
    assert watch.share.allows("a", 90)


def test_a_probe_that_fails_begins_another_pause_and_is_not_given_up() -> None:
    watch = Watch()
    assert not watch.share.allows("a", 100)
    watch.now = 31.0
    assert not watch.share.allows("a", 1)
    assert watch.share.pause_s() == 30
    assert not watch.health.serving
