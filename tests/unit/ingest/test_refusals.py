"""How often refused requests are put on record."""

from a11i_ingest.refusals import Refusals


def test_the_first_is_recorded_at_once_and_those_after_it_together() -> None:
    now_s = 0.0
    refusals = Refusals(clock=lambda: now_s)
    assert [refusals.count("key") for _ in range(5)] == [1, 0, 0, 0, 0]
    assert refusals.count("other") == 1
    now_s = 10.0
    assert [refusals.count("key") for _ in range(2)] == [5, 0]
