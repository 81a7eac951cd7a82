"""Which attributes say what a step is."""

from typing import Any

import pytest

from a11i_telemetry.kinds import KIND_RULES
from tests.unit.telemetry.attribute_rows import row_of, rows_of


@pytest.mark.parametrize(
    ("rule", "word", "kind"),
    [(rule, word, kind) for rule in KIND_RULES for word, kind in rule.kinds.items()],
    ids=lambda one: getattr(one, "key", None),
)
def test_a_word_for_a_kind_says_what_a_step_is(rule: Any, word: str, kind: str) -> None:
    plain, row = rows_of({"http.request.method": "GET"}, {rule.key: word.upper(), "gen_ai.request.model": "gpt-4o"})
    assert (plain["step_kind"], row["step_kind"]) == ("", kind)


@pytest.mark.parametrize("rule", [rule for rule in KIND_RULES if rule.present is not None], ids=lambda rule: rule.key)
def test_an_attribute_that_only_one_kind_has_says_what_a_step_is(rule: Any) -> None:
    assert row_of({rule.key: "anything"})["step_kind"] == rule.present


@pytest.mark.parametrize(
    ("attributes", "kind"),
    [
        ({"gen_ai.request.model": "gpt-4o"}, "llm"),
        ({"gen_ai.response.model": "gpt-4o"}, "llm"),
        ({"gen_ai.tool.name": "look_up", "gen_ai.request.model": "gpt-4o"}, "tool"),
        ({"gen_ai.evaluation.name": "Relevance"}, "evaluation"),
        ({"gen_ai.operation.name": "plan"}, "chain"),
        ({"openinference.span.kind": "UNKNOWN", "gen_ai.operation.name": "chat"}, "llm"),
        ({"traceloop.span.kind": "workflow", "gen_ai.operation.name": "invoke_agent"}, "workflow"),
        ({"gen_ai.agent.name": "desk"}, ""),
    ],
)
def test_without_a_word_for_it_the_step_is_inferred(attributes: dict[str, object], kind: str) -> None:
    assert row_of(attributes)["step_kind"] == kind


@pytest.mark.parametrize(
    ("key", "value", "kind"),
    [
        ("embedding.model_name", "m", "embedding"),
        ("reranker.model_name", "m", "rerank"),
        ("lmnr.span.type", "HUMAN_EVALUATOR", "evaluation"),
    ],
)
def test_the_model_that_a_span_names_says_what_it_is(key: str, value: str, kind: str) -> None:
    assert row_of({key: value})["step_kind"] == kind
