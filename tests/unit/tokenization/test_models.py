import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tiktoken.model import MODEL_PREFIX_TO_ENCODING, MODEL_TO_ENCODING

from a11i_tokenization.encodings import KNOWN_ENCODINGS
from a11i_tokenization.families import FAMILIES
from a11i_tokenization.models import ESTIMATE, Models, Tokenizer
from a11i_tokenization.pricing.readings import MAX_NAME_CHARS

BUILT_IN = Models()


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
    assert BUILT_IN.first_of([model]) == Tokenizer(encoding, exact=True)


@pytest.mark.parametrize(
    ("model", "encoding"),
    [
        ("meta-llama/Llama-3.1-8B-Instruct", "llama3"),
        ("us.meta.llama3-1-70b-instruct-v1:0", "llama3"),
        ("llama3.2:1b", "llama3"),
        ("llama-3.3-70b-versatile", "llama3"),
        ("accounts/fireworks/models/llama-v3p1-405b-instruct", "llama3"),
        ("NousResearch/Hermes-3-Llama-3.1-8B", "llama3"),
        ("meta-llama/Llama-4-Scout-17B-16E-Instruct", "llama4"),
        ("meta.llama4-maverick-17b-instruct-v1:0", "llama4"),
        ("deepseek-chat", "deepseek_v3"),
        ("deepseek-reasoner", "deepseek_v3"),
        ("deepseek-ai/DeepSeek-V3.1", "deepseek_v3"),
        ("deepseek-v4-pro", "deepseek_v3"),
        ("accounts/fireworks/models/deepseek-v4-flash", "deepseek_v3"),
        ("us.deepseek.r1-v1:0", "deepseek_v3"),
        ("deepseek-r1:671b", "deepseek_v3"),
        ("deepseek-r1:14b", "qwen2"),
        ("deepseek-r1:70b", "llama3"),
        ("deepseek-ai/DeepSeek-R1-Distill-Llama-70B", "llama3"),
        ("deepseek-r1-distill-qwen-32b", "qwen2"),
        ("Qwen/Qwen2.5-Coder-32B-Instruct", "qwen2"),
        ("qwen3:8b", "qwen2"),
        ("qwen3-235b-a22b", "qwen2"),
        ("QwQ-32B", "qwen2"),
        ("qwen3.6-27b", "qwen3_5"),
        ("mistralai/Mistral-Nemo-Instruct-2407", "tekken"),
        ("open-mistral-nemo", "tekken"),
        ("mistral-small-2503", "tekken"),
        ("mistral-large-2512", "tekken"),
        ("mistral-large-2407", "mistral_v3"),
        ("open-mixtral-8x22b", "mistral_v3"),
        ("codestral-2405", "mistral_v3"),
        ("mistralai/Mixtral-8x7B-Instruct-v0.1", "mistral_v1"),
        ("phi-4", "cl100k_base"),
        ("microsoft/phi-4-reasoning", "cl100k_base"),
    ],
)
def test_open_models_have_their_own_tokenizer(model: str, encoding: str) -> None:
    assert BUILT_IN.first_of([model]) == Tokenizer(encoding, exact=True)


@pytest.mark.parametrize(
    ("model", "encoding"),
    [
        ("claude-sonnet-4-5", "claude2"),
        ("us.anthropic.claude-3-5-sonnet-20241022-v2:0", "claude2"),
        ("claude-2.1", "claude2"),
        ("gemini-2.5-pro", "o200k_base"),
        ("google/gemma-3-27b-it", "o200k_base"),
        ("x-ai/grok-4", "o200k_base"),
        ("mistral-large-latest", "tekken"),
        ("mistral-medium", "tekken"),
        ("deepseek-v2.5", "deepseek_v3"),
        ("deepseek-v4.1-flash", "deepseek_v3"),
        ("deepseek-r1:8b", "qwen2"),
        ("qwen-max", "qwen3_5"),
        ("llama2:7b", "mistral_v1"),
        ("codellama-34b", "mistral_v1"),
        ("phi-3-mini", "o200k_base"),
        ("phi-4-mini-instruct", "o200k_base"),
    ],
)
def test_others_are_estimated_with_a_vocabulary_that_stands_in(model: str, encoding: str) -> None:
    found = BUILT_IN.resolve(model)
    assert found == Tokenizer(encoding, exact=False)
    assert "stands in" in found.why


@pytest.mark.parametrize("model", ["o1000", "my-deployment", "my-o1", "our-gpt-5", "", "g" * 10_000, "   ", "\ud800"])
def test_unknown_models_are_estimated_from_characters(model: str) -> None:
    assert BUILT_IN.resolve(model) is ESTIMATE


def test_every_family_has_an_encoding_that_is_known() -> None:
    assert {family.encoding for family in FAMILIES} <= set(KNOWN_ENCODINGS)
    assert set(MODEL_TO_ENCODING.values()) | set(MODEL_PREFIX_TO_ENCODING.values()) <= set(KNOWN_ENCODINGS)


@given(st.text(max_size=MAX_NAME_CHARS))
def test_any_name_is_resolved_fast(model: str) -> None:
    started = time.process_time()
    assert BUILT_IN.resolve(model).encoding in KNOWN_ENCODINGS
    assert time.process_time() - started < 0.1


def test_the_model_that_answered_decides_unless_it_is_unknown() -> None:
    assert BUILT_IN.first_of(["gpt-4-0613", "gpt-4o"]).encoding == "cl100k_base"
    assert BUILT_IN.first_of(["", "gpt-4"]).encoding == "cl100k_base"
    assert BUILT_IN.first_of(["my-deployment", "gpt-4"]).encoding == "cl100k_base"


@pytest.mark.parametrize("model", ["google/gemma-3-27b-it", "codegemma:7b", "medgemma-4b-it", "ollama/acme-gemma-2-9b"])
def test_gemmas_counts_are_estimates_and_say_why(model: str) -> None:
    found = BUILT_IN.resolve(model)
    assert (found.encoding, found.exact) == ("o200k_base", False)
    assert "no Python package" in found.why
