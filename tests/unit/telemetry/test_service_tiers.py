"""Which tier of service a call had: as its answer says, else as it was asked for."""

import json

import pytest

from tests.unit.telemetry.attribute_rows import row_of

_LLM = {"openinference.span.kind": "LLM"}
_VERTEX = "ai.response.providerMetadata"


@pytest.mark.parametrize(
    ("attributes", "tier"),
    [
        ({"gen_ai.usage.raw": json.dumps({"input_tokens": 1, "service_tier": "batch"})}, "batch"),
        ({"gen_ai.usage.raw": json.dumps({"input_tokens": 1, "service_tier": "standard", "speed": "fast"})}, "fast"),
        ({"gen_ai.usage.raw": json.dumps({"service_tier": "batch", "speed": "standard"})}, "batch"),
        ({**_LLM, "output.value": json.dumps({"usage": {"service_tier": "standard", "speed": "fast"}})}, "fast"),
        ({"llm.anthropic.usage": json.dumps({"input_tokens": 1, "service_tier": "batch"})}, "batch"),
        ({_VERTEX: json.dumps({"anthropic": {"usage": {"service_tier": "standard", "speed": "fast"}}})}, "fast"),
        # As it was asked for.
        ({**_LLM, "llm.invocation_parameters": json.dumps({"service_tier": "flex"})}, "flex"),
        ({**_LLM, "llm.invocation_parameters": json.dumps({"service_tier": "auto", "speed": "fast"})}, "fast"),
        (
            {
                "langfuse.observation.type": "generation",
                "langfuse.observation.model.parameters": json.dumps({"service_tier": "flex"}),
            },
            "flex",
        ),
        ({**_LLM, "input.value": json.dumps({"model": "gpt-5", "service_tier": "priority"})}, "priority"),
        # The answer comes first.
        (
            {
                **_LLM,
                "openai.request.service_tier": "auto",
                "llm.invocation_parameters": json.dumps({"service_tier": "auto"}),
                "output.value": json.dumps({"id": "x", "service_tier": "flex"}),
            },
            "flex",
        ),
        # Gemini's.
        *(
            ({"gcp.vertex.agent.llm_response": json.dumps({"usage_metadata": {"traffic_type": word}})}, tier)
            for word, tier in (
                ("ON_DEMAND", "standard"),
                ("ON_DEMAND_FLEX", "flex"),
                ("ON_DEMAND_PRIORITY", "priority"),
                ("TrafficType.ON_DEMAND_FLEX", "flex"),
                ("PROVISIONED_THROUGHPUT", "provisioned_throughput"),
                ("TRAFFIC_TYPE_UNSPECIFIED", ""),
            )
        ),
        ({_VERTEX: json.dumps({"google": {"usageMetadata": {"trafficType": "ON_DEMAND_FLEX"}}})}, "flex"),
        ({**_LLM, "output.value": json.dumps({"usage_metadata": {"traffic_type": "ON_DEMAND_FLEX"}})}, "flex"),
        # LangChain's, whose details have the tier in their names.
        (
            {
                "langsmith.span.kind": "llm",
                "langsmith.metadata.usage_metadata": json.dumps({"input_token_details": {"priority": 40}}),
            },
            "priority",
        ),
        ({"langsmith.metadata.usage_metadata": json.dumps({"input_token_details": {"cache_read": 1}})}, ""),
    ],
)
def test_a_calls_tier_of_service_is_found_wherever_it_is_told(attributes: dict[str, object], tier: str) -> None:
    assert row_of(attributes)["service_tier"] == tier
