"""The time of a text: counted for all that looks at it, the language model included, and over for that text alone."""

import itertools
from collections.abc import Iterator, Sequence
from typing import Final

import pytest

from a11i_redaction.detectors import name_evidence
from a11i_redaction.detectors.budget import Budget, BudgetExceededError
from a11i_redaction.detectors.names import NameDetector
from a11i_redaction.detectors.patterns import PatternDetector
from a11i_redaction.pipeline import Redactor
from a11i_redaction.policy.entities import MODEL_ENTITIES
from a11i_redaction.pseudonyms import WITHHELD
from tests.unit.redaction.redaction_kit import ScriptedModel, redactor_with

_BUDGET_S: Final = 5.0
_LETTERS: Final = "abcdefghijklmnopqrst"


class _Clock:
    """A clock that stands still but for what somebody says has passed."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


class _SlowModel(ScriptedModel):
    """A model that takes a second for each call."""

    def __init__(self, clock: _Clock) -> None:
        super().__init__({"Zorvan": "PERSON"})
        self._clock = clock
        self.calls = 0

    def entities(self, texts: Sequence[str]) -> Iterator[list[tuple[int, int, str, float]]]:
        """Find nobody but Zorvan, slowly."""
        self.calls += 1
        self._clock.now_s += 1.0
        return super().entities(texts)


@pytest.fixture(scope="module")
def clock() -> _Clock:
    return _Clock()


@pytest.fixture(scope="module")
def slow_patterns(clock: _Clock) -> PatternDetector:
    return PatternDetector(_BUDGET_S, clock, clock)


def _strangers(count: int) -> str:
    """Return sentences about so many people whom nobody knows, each with another name."""
    names = map("".join, itertools.product(_LETTERS.upper(), _LETTERS, _LETTERS, "aeiou"))
    return "\n".join(f"so {name}zqx went on" for name in itertools.islice(names, count))


def _redactor(patterns: PatternDetector, model: ScriptedModel) -> Redactor:
    return redactor_with(patterns, model, max_value_chars=10**6, max_model_chars=10**6)


def test_a_text_that_takes_the_model_too_long_is_withheld_when_its_time_is_over(
    slow_patterns: PatternDetector, clock: _Clock
) -> None:
    model = _SlowModel(clock)
    redactor = _redactor(slow_patterns, model)
    assert redactor.redact_texts([_strangers(5_000)], "t")[0].text == WITHHELD
    assert model.calls == _BUDGET_S + 1
    assert redactor.failures == {BudgetExceededError.__name__: 1}


def test_the_other_texts_of_the_batch_are_examined(slow_patterns: PatternDetector, clock: _Clock) -> None:
    redactor = _redactor(slow_patterns, _SlowModel(clock))
    # Long windows come last: the model sees these when the first text has used up its time.
    other = f"so {'w' * 40} Zorvan said {'w' * 40} came"
    long, short = redactor.redact_texts([_strangers(5_000), other], "t")
    assert long.text == WITHHELD
    assert "Zorvan" not in short.text
    assert short.withheld == 0


def test_a_text_is_charged_for_its_share_of_the_model_s_time_alone(
    slow_patterns: PatternDetector, clock: _Clock
) -> None:
    model = _SlowModel(clock)
    lines = _strangers(2_000).split("\n")
    texts = ["\n".join(lines[::2]), "\n".join(lines[1::2])]
    redactor = _redactor(slow_patterns, model)
    assert [text.withheld for text in redactor.redact_texts(texts, "t")] == [0, 0]
    assert _BUDGET_S < model.calls < 2 * _BUDGET_S


def test_a_text_that_gives_nothing_away_is_given_up_when_its_time_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    looked_into: list[int] = []

    def cue_before(_text: str, start: int) -> str:
        looked_into.append(start)
        return ""

    monkeypatch.setattr(name_evidence, "cue_before", cue_before)
    ticks = itertools.count()
    budget = Budget(20.0, lambda: float(next(ticks)), lambda: float(next(ticks)))
    detector = NameDetector(ScriptedModel({}), MODEL_ENTITIES, 10**6)
    assert detector.find([("A B C & " * 5_000, "")], {}, [budget]) == [[]]
    assert budget.over
    assert 0 < len(looked_into) < 2_000


def test_time_is_over_as_soon_as_the_thread_s_clock_says_so() -> None:
    clock, wall = _Clock(), _Clock()
    budget = Budget(2.0, clock, wall)
    budget.begin()
    wall.now_s = 10.0  # The machine was busy with something else.
    clock.now_s = 1.5
    budget.check()
    budget.end()
    budget.begin()
    clock.now_s, wall.now_s = 2.1, 10.6
    with pytest.raises(BudgetExceededError):
        budget.check()


def test_work_within_work_is_counted_once() -> None:
    clock = _Clock()
    budget = Budget(2.0, clock, clock)
    budget.begin()
    budget.begin()
    clock.now_s = 1.5
    assert budget.end() is None
    assert budget.end() == clock.now_s
    budget.charge(0.4)
    assert not budget.over
    budget.charge(0.2)
    assert budget.over
