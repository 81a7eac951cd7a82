"""Which deliveries speak against a message."""

from a11i_bus.port import Message
from a11i_bus.suspects import Suspects


class Delivered:
    """A delivery that is only looked at."""

    def __init__(self, name: str, attempt: int) -> None:
        self.message = Message(name, "tenant-1", b"")
        self.attempt = attempt

    async def ack(self) -> None:
        raise AssertionError

    async def retry(self, delay_s: float) -> None:
        raise AssertionError

    async def term(self) -> None:
        raise AssertionError

    async def in_progress(self) -> None:
        raise AssertionError


def test_a_message_is_suspect_after_some_deliveries_of_unknown_end() -> None:
    suspects = Suspects(2)
    assert [suspects.suspect(Delivered("m", attempt)) for attempt in (1, 2, 3, 4)] == [False, False, True, True]


def test_what_was_given_back_with_a_purpose_does_not_speak_against_it() -> None:
    suspects = Suspects(2)
    for attempt in range(1, 50):
        assert not suspects.suspect(Delivered("m", attempt))
        suspects.given_back(Delivered("m", attempt))
    assert not suspects.suspect(Delivered("m", 51))
    assert suspects.suspect(Delivered("m", 52))
    assert suspects.suspect(Delivered("other", 52))


def test_only_so_many_messages_are_remembered() -> None:
    suspects = Suspects(1)
    for number in range(10_001):
        suspects.given_back(Delivered(f"m-{number}", 1))
    assert suspects.suspect(Delivered("m-0", 2))
    assert not suspects.suspect(Delivered("m-10000", 2))
