"""Texts go to redaction in calls that it takes, and come back redacted or not at all."""

from collections.abc import Sequence

import grpc
import pytest
from grpc.aio import AioRpcError, Metadata

from a11i.redaction.v1 import redaction_service_pb2 as pb
from a11i_chassis.errors import UnavailableError
from a11i_delivery.contents import RawField
from a11i_delivery.redaction import MAX_BYTES, MAX_VALUE_BYTES, NOT_REDACTED, TOO_LONG, Redaction


class FakeStub:
    """Turns texts to capitals; fails as it is told to."""

    def __init__(self, *, code: grpc.StatusCode | None = None, poison: str = "", swallows: bool = False) -> None:
        self.calls: list[list[str]] = []
        self._code = code
        self._poison = poison
        self._swallows = swallows

    async def Redact(self, request: pb.RedactRequest, timeout: float) -> pb.RedactResponse:  # noqa: ASYNC109  (the stub's own)
        assert timeout == 3
        self.calls.append(list(request.texts))
        code = grpc.StatusCode.INTERNAL if self._poison and self._poison in request.texts else self._code
        if code is not None:
            raise AioRpcError(code, Metadata(), Metadata())
        texts = request.texts[1:] if self._swallows else request.texts
        return pb.RedactResponse(texts=[pb.RedactedText(text=text.upper()) for text in texts], policy="p/1")


def item(*texts: str) -> list[RawField]:
    return [RawField("name", text, is_text=True) for text in texts]


async def redact(stub: FakeStub, items: Sequence[Sequence[RawField]]) -> list[list[tuple[str, str]]]:
    values, policy = await Redaction(stub, 3).redact(items)  # type: ignore[arg-type]  # what is used of the stub
    assert policy == ("p/1" if stub.calls else "")
    return [[(one.value, one.withheld) for one in value] for value in values]


async def test_each_text_is_asked_for_once_and_numbers_not_at_all() -> None:
    stub = FakeStub()
    number = RawField("tokens", "7", is_text=False)
    assert await redact(stub, [[*item("a", "b"), number], item("a")]) == [
        [("A", ""), ("B", ""), ("7", "")],
        [("A", "")],
    ]
    assert stub.calls == [["a", "b"]]
    assert await redact(FakeStub(), [[number]]) == [[("7", "")]]


async def test_calls_stay_within_what_redaction_takes() -> None:
    stub = FakeStub()
    texts = [f"{number:04}" + "x" * 100 for number in range(1_000)]
    found = await redact(stub, [item(*texts)])
    assert [value for value, _ in found[0]] == [text.upper() for text in texts]
    assert sum(len(call) for call in stub.calls) == 1_000
    assert all(len(call) <= 1_000 and sum(len(text.encode()) for text in call) <= 256_000 for call in stub.calls)


async def test_what_is_too_long_is_withheld_and_never_cut() -> None:
    stub = FakeStub()
    exact, over = "é" * (MAX_VALUE_BYTES // 2), "é" * (MAX_VALUE_BYTES // 2 + 1)
    assert await redact(stub, [item(exact, over, "short")]) == [[(exact.upper(), ""), ("", TOO_LONG), ("SHORT", "")]]
    many = [f"{number}" + "x" * 30_000 for number in range(6)]
    withheld = [reason for _, reason in (await redact(FakeStub(), [item(*many)]))[0]]
    assert withheld == [""] * (MAX_BYTES // 30_001) + [TOO_LONG] * (6 - MAX_BYTES // 30_001)


async def test_a_text_that_breaks_redaction_costs_no_other() -> None:
    stub = FakeStub(poison="b")
    assert await redact(stub, [item("a", "b", "c")]) == [[("A", ""), ("", NOT_REDACTED), ("C", "")]]
    assert stub.calls == [["a", "b", "c"], ["a"], ["b"], ["c"]]


@pytest.mark.parametrize(
    "code",
    [grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED, grpc.StatusCode.INVALID_ARGUMENT],
)
async def test_without_redaction_there_is_no_answer(code: grpc.StatusCode) -> None:
    with pytest.raises(UnavailableError, match="nothing is shown"):
        await redact(FakeStub(code=code), [item("a")])


async def test_an_answer_that_does_not_fit_is_none() -> None:
    with pytest.raises(UnavailableError, match="nothing is shown"):
        await redact(FakeStub(swallows=True), [item("a", "b")])
