"""What the auditor may take for known of the ledger."""

from a11i_delivery.ledger_progress import LedgerProgress

S = 1_000_000_000


def test_what_was_caught_up_with_is_known_and_the_rest_as_long_as_a_message_can_wait() -> None:
    progress = LedgerProgress()
    progress.caught_up(100 * S)
    assert progress.known_ns(101 * S, longest_wait_s=60) == 100 * S
    assert progress.lag_s(101 * S) == 1
    # Others hold messages, too, so that nobody catches up; what is inserted is recent.
    progress.took(199 * S)
    assert progress.lag_s(200 * S) == 1
    assert progress.known_ns(200 * S, longest_wait_s=60) == (200 - 60 - 1) * S


def test_an_intake_that_takes_old_entries_is_behind() -> None:
    progress = LedgerProgress()
    progress.took(100 * S)
    assert progress.lag_s(400 * S) == 300
    assert progress.known_ns(400 * S, longest_wait_s=60) == 40 * S
    progress.caught_up(400 * S)
    assert progress.lag_s(400 * S) == 0
    assert progress.known_ns(401 * S, longest_wait_s=60) == 400 * S


def test_what_was_caught_up_with_stays_so() -> None:
    progress = LedgerProgress()
    progress.caught_up(100 * S)
    progress.caught_up(90 * S)
    progress.took(50 * S)
    assert progress.lag_s(100 * S) == 0


def test_a_process_that_has_just_begun_knows_nothing_and_is_not_decades_behind() -> None:
    progress = LedgerProgress(now_ns=lambda: 1_000 * S)
    assert progress.lag_s(1_002 * S) == 2
    assert progress.known_ns(1_002 * S, longest_wait_s=60) == 0
    progress.took(900 * S)
    assert progress.lag_s(1_002 * S) == 102
