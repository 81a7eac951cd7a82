from pathlib import Path

import pytest

from a11i_tokenization.context_windows import ContextWindows
from a11i_tokenization.model_table import ModelTableError, model_table, read_table

_ARN = "arn:aws:bedrock:"
_NOVA = "us.amazon.nova-pro-v1:0"
_SONNET = "anthropic.claude-sonnet-4-20250514-v1:0"


@pytest.fixture(scope="module")
def windows() -> ContextWindows:
    return ContextWindows(model_table())


@pytest.mark.parametrize(
    ("provider", "models", "window"),
    [
        ("openai", ("gpt-4o",), 128_000),
        ("openai", ("", "gpt-4o-2024-08-06"), 128_000),
        ("openai", ("gpt-4-0613",), 8_192),
        ("anthropic", ("claude-sonnet-4-5-20250929",), 200_000),
        ("gcp.gemini", ("gemini-2.5-pro",), 1_048_576),
        ("aws.bedrock", ("us.anthropic.claude-sonnet-4-20250514-v1:0",), 200_000),
        ("", ("openrouter/openai/gpt-4o",), 128_000),
        ("my-proxy", ("azure/gpt-4o",), 128_000),
        ("openai", ("ft:gpt-4o:acme::x1",), 128_000),
        ("openrouter", ("openai/gpt-4o:free",), 128_000),
        ("", ("openrouter/openai/gpt-4o:online",), 128_000),
        ("openrouter", ("openai/gpt-4o:nitro",), 128_000),
        ("aws.bedrock", (_ARN + "us-east-1:123456789012:inference-profile/" + _NOVA,), 300_000),
        ("", (_ARN + "us-east-1:123456789012:inference-profile/global." + _SONNET,), 200_000),
        ("aws.bedrock", (_ARN + "eu-west-1::foundation-model/" + _SONNET,), 200_000),
        ("aws.bedrock", (_ARN + "us-east-1:123456789012:application-inference-profile/gpt-4o",), None),
        ("aws.bedrock", ("apac." + _SONNET,), 200_000),
        ("azure.ai.openai", ("gpt-4o-2024-08-06.ft-0123456789abcdef",), 128_000),
        ("azure.ai.openai", ("our-deployment", "gpt-4o-2024-11-20"), 128_000),
        ("openai", ("ft:gpt-4o-mini-2024-07-18:acme::x1",), 128_000),
        ("openai", ("gpt-4o:batch",), 128_000),
        ("gcp.vertex_ai", ("projects/p/locations/l/publishers/google/models/gemini-2.5-pro",), 1_048_576),
        ("gcp.vertex_ai", ("claude-sonnet-4-5@20250929",), 200_000),
        ("gcp.vertex_ai", ("claude-sonnet-4-5@default",), 200_000),
        ("openai", ("no-such-model", "gpt-4o"), 128_000),
        ("openai", ("no-such-model",), None),
        ("openai", ("",), None),
        ("openai", ("g" * 1_000,), None),
    ],
)
def test_the_window_is_found_by_any_way_to_write_the_model(
    windows: ContextWindows, provider: str, models: tuple[str, ...], window: int | None
) -> None:
    assert windows.find(provider, models) == window


def test_what_the_table_has_is_known_with_and_without_its_prefix(windows: ContextWindows) -> None:
    assert windows.has("gpt-4o")
    assert windows.has("gemini-2.5-pro")
    assert windows.has("vertex_ai/gemini-2.5-pro")
    assert not windows.has("gpt-4o-mimi")


def test_the_table_names_its_version_and_keeps_no_example() -> None:
    table = model_table()
    assert table.version.startswith("litellm ")
    assert "sample_spec" not in table.models
    assert table.models["gpt-4o"]["max_input_tokens"] == 128_000


@pytest.mark.parametrize("content", [b"", b"[]", b"{"])
def test_a_damaged_table_is_refused_and_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "models.json"
    path.write_bytes(content)
    with pytest.raises(ModelTableError, match=r"models\.json"):
        read_table(path, "litellm 0")
    with pytest.raises(ModelTableError):
        read_table(tmp_path / "none.json", "litellm 0")
