"""Names of models as clouds, gateways and fine-tuning write them."""

import pytest
from genai_prices.data import providers
from genai_prices.types import ModelInfo, Provider
from hypothesis import given
from hypothesis import strategies as st

from a11i_tokenization.prices import PriceBook
from a11i_tokenization.pricing.matching import ModelIndices
from a11i_tokenization.pricing.readings import MAX_NAME_CHARS, models_of, readings
from a11i_tokenization.pricing.steps import STEPS

INDICES = ModelIndices(providers)
_ARN = "arn:aws:bedrock:us-east-1:123456789012:"


@pytest.mark.parametrize(
    ("provider", "model", "priced_as", "how"),
    [
        ("aws.bedrock", "us.amazon.nova-pro-v1:0", "aws/amazon.nova-pro-v1:0", ()),
        (
            "aws.bedrock",
            _ARN + "inference-profile/us.amazon.nova-pro-v1:0",
            "aws/amazon.nova-pro-v1:0",
            (),
        ),
        (
            "",
            "arn:aws:bedrock:eu-west-1::foundation-model/cohere.rerank-v3-5:0",
            "aws/cohere.rerank-v3-5:0",
            ("arn",),
        ),
        ("", "bedrock/converse/us.amazon.nova-pro-v1:0", "aws/amazon.nova-pro-v1:0", ("prefix",)),
        ("azure.ai.openai", "azure/gpt-4o-2024-08-06", "azure/gpt-4o", ("prefix",)),
        ("azure.ai.openai", "gpt-4o-2024-08-06.ft-0123456789abcdef", "azure/ft:gpt-4o", ("fine-tune",)),
        (
            "gcp.vertex_ai",
            "projects/p/locations/l/publishers/anthropic/models/claude-sonnet-4-5@20250929",
            "google/claude-sonnet-4-5",
            (),
        ),
        ("gcp.vertex_ai", "claude-3-5-sonnet@20240620", "google/claude-3-5-sonnet", ()),
        ("gcp.gemini", "models/gemini-2.5-flash", "google/gemini-2.5-flash", ("prefix",)),
        ("openai", "davinci:ft-acme-2023-01-01-00-00-00", "openai/davinci", ("fine-tune",)),
        ("", "litellm_proxy/openai/gpt-4o", "openai/gpt-4o", ("prefix",)),
        ("", "together_ai/meta-llama/Llama-3.3-70B-Instruct-Turbo",
         "together/meta-llama/Llama-3.3-70B-Instruct-Turbo", ("prefix",)),
        ("openrouter", "anthropic/claude-sonnet-4.5:thinking", "openrouter/anthropic/claude-sonnet-4.5", ("route",)),
        ("openai", "gpt-4o:batch", "openai/gpt-4o", ("batch",)),
        ("strands-agents", "gpt-4o", "openai/gpt-4o", ("vendor",)),
    ],
)  # fmt: skip
def test_names_are_read_and_the_basis_says_how(
    book: PriceBook, provider: str, model: str, priced_as: str, how: tuple[str, ...]
) -> None:
    found = book.find(provider, (model,))
    assert found is not None
    assert (found.priced_as, found.how) == (priced_as, how)
    assert set(found.how) <= set(STEPS)


@pytest.mark.parametrize(
    ("provider", "model"),
    [
        # A search on the web comes on top, at a price that the name does not say.
        ("openrouter", "openai/gpt-4o:online"),
        # An application's profile can stand for any model.
        ("aws.bedrock", _ARN + "application-inference-profile/abc123"),
        ("aws.bedrock", _ARN + "provisioned-model/abc123"),
        # What one's own machines cost is in no vendor's table.
        ("ollama", "mistral-large"),
        ("", "ollama/llama3.1:8b"),
        ("openai", "hosted_vllm/deepseek-chat"),
    ],
)
def test_what_a_name_does_not_say_the_price_of_is_not_priced(book: PriceBook, provider: str, model: str) -> None:
    assert book.find(provider, (model,)) is None


def test_the_name_asked_for_is_said_to_be_it(book: PriceBook) -> None:
    found = book.find("azure.ai.openai", ("our-deployment", "gpt-4o"))
    assert found is not None
    assert found.how == ("asked",)
    assert found.steps == ("took the model that was asked for, gpt-4o: the one that answered is in no table",)


@given(st.text(max_size=300))
def test_readings_are_few_distinct_and_the_name_as_written_first(model: str) -> None:
    found = [reading.name for reading in readings(model)]
    name = model.strip().lower()
    if not name or len(name) > MAX_NAME_CHARS:
        assert found == []
    else:
        assert found[0] == name
        assert len(set(found)) == len(found) < 100


@given(
    sold=st.sampled_from([(provider, model) for provider in providers for model in provider.models]),
    change=st.sampled_from(["", "x", "-latest", "-2024-08-06", "-preview", ":free", "@default"]),
    other=st.sampled_from(providers),
)
def test_names_match_as_they_do_in_genai_prices(sold: tuple[Provider, ModelInfo], change: str, other: Provider) -> None:
    provider, model = sold
    for seller in (provider, other):
        for name in (model.id.lower() + change, change + model.id.lower()):
            assert INDICES.find(seller, name) is seller.find_model(name, all_providers=providers)


def test_compact_dates_are_those_of_the_vendor(book: PriceBook) -> None:
    found = book.find("openai", ("gpt-4o-20240513",))
    assert found is not None
    assert found.priced_as == "openai/gpt-4o-2024-05-13"


@pytest.mark.parametrize("model", ["/" * 256, "-2024-08-06" * 23, "ft:" * 85, "a/" * 128, ":batch" * 40, "us." * 85])
def test_names_made_to_be_slow_are_not(model: str) -> None:
    assert len(list(readings(model))) < 100


@pytest.mark.parametrize(
    ("model", "names"),
    [
        ("gpt-4o", ["gpt-4o"]),
        ("gpt-4o-2024-08-06", ["gpt-4o-2024-08-06", "gpt-4o"]),
        (
            "claude-3-5-sonnet-v2@20241022",
            ["claude-3-5-sonnet-v2@20241022", "claude-3-5-sonnet-v2", "claude-3-5-sonnet"],
        ),
        ("ft:gpt-4o:acme::x", ["ft:gpt-4o:acme::x", "ft:gpt-4o", "gpt-4o"]),
        ("openai/o3:free", ["openai/o3:free", "o3:free", "openai/o3", "o3"]),
        ("openrouter/openai/o3", ["openrouter/openai/o3", "openai/o3", "o3"]),
        ("trailing/", ["trailing/"]),
        ("  ", []),
        ("n" * (MAX_NAME_CHARS + 1), []),
    ],
)
def test_names_are_read_from_as_written_to_plain(model: str, names: list[str]) -> None:
    assert [reading.name for reading in models_of(model)] == names


def test_the_last_prefix_taken_off_is_a_hint_at_the_provider() -> None:
    assert [(reading.hint, reading.name) for reading in readings("openrouter/openai/o3")] == [
        ("", "openrouter/openai/o3"),
        ("openrouter", "openai/o3"),
        ("openai", "o3"),
    ]
