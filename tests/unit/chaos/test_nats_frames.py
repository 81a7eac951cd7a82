"""NATS's protocol is cut into frames wherever the network cuts it."""

from hypothesis import given
from hypothesis import strategies as st

from tests.chaos.frames import Frame, Way
from tests.chaos.nats_frames import NatsFrames

TO_SERVER = (
    b'CONNECT {"verbose":false}\r\n'
    b"SUB _INBOX.a.* 1\r\n"
    b"PUB $JS.ACK.A11I_SPANS_REDACTED.writer.1.2.3.4.5 _INBOX.a.1 4\r\n+ACK\r\n"
    b"pub plain 0\r\n\r\n"
    b"HPUB a11i.spans.received.t _INBOX.a.2 28 32\r\nNATS/1.0\r\nNats-Msg-Id: x\r\n\r\n+ACK\r\n"
    b"PING\r\n"
)
TO_CLIENT = (
    b'INFO {"max_payload":1048576}\r\n'
    b"MSG _INBOX.a.1 1 0\r\n\r\n"
    b"MSG a.b 1 $JS.ACK.s.c.1.1.1.1.1 3\r\nabc\r\n"
    b"HMSG _INBOX.a.2 1 14 18\r\nNATS/1.0 404\r\n\xff\xfe\xfd\xfc\r\n"
    b"+OK\r\n"
)


def cut(data: bytes, at: list[int], way: Way) -> list[Frame]:
    frames = NatsFrames(way, 7)
    places = sorted({min(place, len(data)) for place in at})
    pieces = [data[start:end] for start, end in zip([0, *places], [*places, len(data)], strict=True)]
    return [frame for piece in pieces for frame in frames.feed(piece)]


@given(st.lists(st.integers(0, 300), max_size=20))
def test_frames_are_the_same_however_the_bytes_come_and_are_all_of_them(at: list[int]) -> None:
    for data, way in ((TO_SERVER, Way.TO_SERVER), (TO_CLIENT, Way.TO_CLIENT)):
        frames = cut(data, at, way)
        assert frames == cut(data, [], way)
        assert b"".join(frame.data for frame in frames) == data
        assert {frame.connection for frame in frames} == {7}


def test_what_a_client_sends_is_told_apart() -> None:
    found = [(frame.verb, frame.subject, frame.reply) for frame in cut(TO_SERVER, [], Way.TO_SERVER)]
    assert found == [
        ("CONNECT", "", ""),
        ("SUB", "", ""),
        ("PUB", "$JS.ACK.A11I_SPANS_REDACTED.writer.1.2.3.4.5", "_INBOX.a.1"),
        ("PUB", "plain", ""),
        ("HPUB", "a11i.spans.received.t", "_INBOX.a.2"),
        ("PING", "", ""),
    ]
    assert [frame.payload for frame in cut(TO_SERVER, [], Way.TO_SERVER)][2] == b"+ACK"


def test_what_a_server_answers_is_told_apart() -> None:
    found = [(frame.verb, frame.subject, frame.reply) for frame in cut(TO_CLIENT, [], Way.TO_CLIENT)]
    assert found == [
        ("INFO", "", ""),
        ("MSG", "_INBOX.a.1", ""),
        ("MSG", "a.b", "$JS.ACK.s.c.1.1.1.1.1"),
        ("HMSG", "_INBOX.a.2", ""),
        ("+OK", "", ""),
    ]


def test_headers_are_no_part_of_the_payload() -> None:
    (frame,) = NatsFrames(Way.TO_SERVER, 1).feed(b"HPUB a 12 16\r\nNATS/1.0\r\n\r\n+ACK\r\n")
    assert frame.payload == b"+ACK"
