"""The bound on what is worked on at once."""

import pytest

from a11i_chassis.errors import OverloadedError
from a11i_ingest.admission import Admission


def test_requests_are_let_in_up_to_the_bound() -> None:
    admission = Admission(max_bytes=100, max_requests=10)
    with admission.admit(60), admission.admit(40), pytest.raises(OverloadedError), admission.admit(1):
        pytest.fail("let in over the bound")


def test_what_is_done_makes_room() -> None:
    admission = Admission(max_bytes=100, max_requests=10)
    with pytest.raises(KeyError), admission.admit(100):
        raise KeyError
    with admission.admit(100):
        pass


def test_a_request_over_the_bound_is_let_in_alone() -> None:
    admission = Admission(max_bytes=100, max_requests=10)
    with admission.admit(500), pytest.raises(OverloadedError), admission.admit(1):
        pytest.fail("let in beside it")
    with admission.admit(1), pytest.raises(OverloadedError), admission.admit(500):
        pytest.fail("let in beside it")


def test_the_hint_is_one_that_exporters_follow() -> None:
    admission = Admission(max_bytes=1, max_requests=10)
    with admission.admit(1), pytest.raises(OverloadedError) as refused, admission.admit(1):
        pytest.fail("let in over the bound")
    assert 1 <= refused.value.retry_delay_s <= 4


def test_requests_are_counted_while_they_are_read() -> None:
    admission = Admission(max_bytes=100, max_requests=2)
    with admission.request(), admission.request(), pytest.raises(OverloadedError), admission.request():
        pytest.fail("let in over the bound")
    with admission.request(), admission.request():
        pass
