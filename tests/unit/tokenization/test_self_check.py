import importlib
import sys
from collections.abc import Sequence

import pytest
from structlog.testing import capture_logs

from a11i_tokenization import vocabularies
from a11i_tokenization.counting import openai, self_check
from a11i_tokenization.counting.engine import Engine
from a11i_tokenization.counting.toktok_engine import ENCODINGS, ToktokEngine
from a11i_tokenization.vocabularies import packaged_directory


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_what_is_expected_is_what_tiktoken_gives(encoding: str) -> None:
    tiktoken = vocabularies.build(encoding, packaged_directory())
    assert self_check.digest(tiktoken.encode_ordinary) == self_check.EXPECTED[encoding]


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_the_installed_fast_tokenizer_passes_and_counts(encoding: str) -> None:
    with capture_logs() as logs:
        assert openai.load(encoding, packaged_directory()).name == "toktok"
    assert logs == []


class OneTokenOff(ToktokEngine):
    """Gives another token for one hard text, as a fast tokenizer has been seen to."""

    def encode(self, text: str) -> Sequence[int]:
        tokens = super().encode(text)
        return [*tokens[:-1], tokens[-1] + 1] if "１２３" in text else tokens  # noqa: RUF001 - full-width on purpose


class OneCountOff(ToktokEngine):
    """Says the right tokens, and counts one text wrongly."""

    def count(self, text: str) -> int:
        return super().count(text) + ("<|im_start|>" in text)


class Breaks(ToktokEngine):
    """Raises for what is not ASCII."""

    def encode(self, text: str) -> Sequence[int]:
        text.encode("ascii")
        return super().encode(text)


@pytest.mark.parametrize("broken", [OneTokenOff, OneCountOff, Breaks])
def test_one_wrong_answer_fails_the_check(broken: type[ToktokEngine]) -> None:
    assert not self_check.passes(broken("o200k_base", _no_reference), "o200k_base")


def _no_reference() -> Engine:
    raise AssertionError("the check has no text that toktok leaves to tiktoken")


def test_a_fast_tokenizer_that_differs_gives_way_to_tiktoken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(openai, "ToktokEngine", OneTokenOff)
    with capture_logs() as logs:
        engine = openai.load("cl100k_base", packaged_directory())
    assert engine.name == "tiktoken"
    assert engine.count("tiktoken counts") == 4
    assert [(line["event"], line["encoding"]) for line in logs] == [
        ("the fast tokenizer does not count as tiktoken does, tiktoken counts", "cl100k_base")
    ]


@pytest.mark.parametrize("module", [None, sys], ids=["not installed", "without what is used"])
def test_a_missing_fast_tokenizer_gives_way_to_tiktoken(monkeypatch: pytest.MonkeyPatch, module: object) -> None:
    importlib.import_module("toktok._toktok")
    monkeypatch.setitem(sys.modules, "toktok._toktok", module)
    with capture_logs() as logs:
        assert openai.load("cl100k_base", packaged_directory()).name == "tiktoken"
    assert [line["event"] for line in logs] == ["the fast tokenizer is not available, tiktoken counts"]
