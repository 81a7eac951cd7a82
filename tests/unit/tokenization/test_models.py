import pytest

from a11i_tokenization.models import ESTIMATE, Tokenizer, tokenizer_for
from a11i_tokenization.names import MAX_NAME_CHARS, candidates


@pytest.mark.parametrize(
    ("model", "encoding"),
    [
        ("gpt-5", "o200k_base"),
        ("gpt-5.2-mini-2025-12-11", "o200k_base"),
        ("gpt-4.1-nano", "o200k_base"),
        ("gpt-4o", "o200k_base"),
        ("GPT-4o-2024-08-06", "o200k_base"),
        ("chatgpt-4o-latest", "o200k_base"),
        ("o1", "o200k_base"),
        ("o3-mini", "o200k_base"),
        ("o4-mini-2025-04-16", "o200k_base"),
        ("gpt-oss-120b", "o200k_harmony"),
        ("openai/gpt-oss-20b", "o200k_harmony"),
        ("gpt-4", "cl100k_base"),
        ("gpt-4-0613", "cl100k_base"),
        ("gpt-4-turbo", "cl100k_base"),
        ("gpt-3.5-turbo", "cl100k_base"),
        ("gpt-35-turbo-16k", "cl100k_base"),
        ("text-embedding-3-small", "cl100k_base"),
        ("text-embedding-ada-002", "cl100k_base"),
        ("text-davinci-003", "p50k_base"),
        ("davinci", "r50k_base"),
        ("ft:gpt-4o-mini-2024-07-18:acme::abc123", "o200k_base"),
        ("ft:gpt-3.5-turbo:acme::abc123", "cl100k_base"),
        ("openai/gpt-4o", "o200k_base"),
        ("openrouter/openai/gpt-4-turbo", "cl100k_base"),
        ("azure/gpt-4o", "o200k_base"),
    ],
)
def test_openai_models_have_their_own_tokenizer(model: str, encoding: str) -> None:
    assert tokenizer_for([model]) == Tokenizer(encoding, exact=True)


@pytest.mark.parametrize(
    "model", ["claude-sonnet-4-5", "gemini-2.5-pro", "mistral-large-latest", "o1000", "my-deployment", "", "g" * 10_000]
)
def test_other_models_are_estimated(model: str) -> None:
    assert tokenizer_for([model]) == ESTIMATE


def test_the_model_that_answered_decides_unless_it_is_unknown() -> None:
    assert tokenizer_for(["gpt-4-0613", "gpt-4o"]).encoding == "cl100k_base"
    assert tokenizer_for(["", "gpt-4"]).encoding == "cl100k_base"
    assert tokenizer_for(["my-deployment", "gpt-4"]).encoding == "cl100k_base"


@pytest.mark.parametrize(
    ("model", "names"),
    [
        ("gpt-4o", ["gpt-4o"]),
        ("gpt-4o-2024-08-06", ["gpt-4o-2024-08-06", "gpt-4o"]),
        (
            "claude-3-5-sonnet-v2@20241022",
            ["claude-3-5-sonnet-v2@20241022", "claude-3-5-sonnet-v2", "claude-3-5-sonnet"],
        ),
        ("ft:gpt-4o:acme::x", ["ft:gpt-4o:acme::x", "gpt-4o"]),
        ("openrouter/openai/o3", ["openrouter/openai/o3", "openai/o3", "o3"]),
        ("trailing/", ["trailing/"]),
        ("  ", []),
        ("n" * (MAX_NAME_CHARS + 1), []),
    ],
)
def test_names_are_read_from_as_written_to_plain(model: str, names: list[str]) -> None:
    assert [candidate.name for candidate in candidates(model)] == names


def test_the_last_prefix_taken_off_is_a_hint_at_the_provider() -> None:
    assert [(c.provider_hint, c.name) for c in candidates("openrouter/openai/o3")] == [
        ("", "openrouter/openai/o3"),
        ("openrouter", "openai/o3"),
        ("openai", "o3"),
    ]
