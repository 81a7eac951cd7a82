"""The scripted server answers the official client as OpenAI's API would."""

import sys
from collections.abc import Iterator
from pathlib import Path

import openai
import pytest

EXAMPLES = Path(__file__).parents[3] / "examples"


@pytest.fixture(scope="module")
def client() -> Iterator[openai.OpenAI]:
    """Return a client of a server whose script has an answer with usage, one with a tool, and an error."""
    sys.path.insert(0, str(EXAMPLES))
    try:
        from scripted_openai import Rule, Script, serve
        from scripted_openai.script import Failure, ToolCall
    finally:
        sys.path.remove(str(EXAMPLES))
    script = Script(
        (
            Rule(contains="one", content="first second third", usage=(7, 3, 2)),
            Rule(contains="two", tool_calls=(ToolCall("find", {"n": 1}),)),
            Rule(contains="three", failure=Failure(500, "server_error", "it broke")),
            Rule(contains="four", model="small", content="only for small"),
        )
    )
    direct = openai.DefaultHttpxClient(trust_env=False)
    with (
        serve(script) as base_url,
        openai.OpenAI(base_url=base_url, api_key="scripted", max_retries=0, http_client=direct) as running,
    ):
        yield running


def ask(client: openai.OpenAI, text: str, model: str = "gpt-4o") -> openai.types.chat.ChatCompletion:
    return client.chat.completions.create(model=model, messages=[{"role": "user", "content": text}])


def test_an_answer_has_text_finish_reason_and_usage(client: openai.OpenAI) -> None:
    answer = ask(client, "one")
    assert answer.choices[0].message.content == "first second third"
    assert answer.choices[0].finish_reason == "stop"
    assert answer.usage is not None
    assert (answer.usage.prompt_tokens, answer.usage.completion_tokens, answer.usage.total_tokens) == (7, 3, 10)
    assert answer.usage.prompt_tokens_details is not None
    assert answer.usage.prompt_tokens_details.cached_tokens == 2
    assert ask(client, "one").id == answer.id


def test_a_tool_call_has_its_arguments_and_no_usage_where_the_script_has_none(client: openai.OpenAI) -> None:
    answer = ask(client, "two")
    (call,) = answer.choices[0].message.tool_calls or []
    assert call.type == "function"
    assert (call.function.name, call.function.arguments) == ("find", '{"n": 1}')
    assert answer.choices[0].finish_reason == "tool_calls"
    assert answer.usage is None


@pytest.mark.parametrize("include_usage", [True, False])
def test_a_stream_has_the_words_and_usage_only_if_asked_for(client: openai.OpenAI, include_usage: bool) -> None:
    stream = client.chat.completions.create(
        model="gpt-4o",
        messages=[{"role": "user", "content": "one"}],
        stream=True,
        stream_options={"include_usage": include_usage},
    )
    chunks = list(stream)
    words = [chunk.choices[0].delta.content for chunk in chunks if chunk.choices and chunk.choices[0].delta.content]
    assert words == ["first ", "second ", "third"]
    usage = [chunk.usage.total_tokens for chunk in chunks if chunk.usage]
    assert usage == ([10] if include_usage else [])


def test_a_streamed_tool_call_arrives_whole(client: openai.OpenAI) -> None:
    stream = client.chat.completions.create(model="gpt-4o", messages=[{"role": "user", "content": "two"}], stream=True)
    names = [
        call.function.name
        for chunk in stream
        for choice in chunk.choices
        for call in choice.delta.tool_calls or []
        if call.function
    ]
    assert names == ["find"]


def test_errors_have_the_status_of_the_script(client: openai.OpenAI) -> None:
    with pytest.raises(openai.InternalServerError, match="it broke"):
        ask(client, "three")
    with pytest.raises(openai.BadRequestError, match="no answer"):
        ask(client, "four")
    assert ask(client, "four", model="small").choices[0].message.content == "only for small"


def test_embeddings_are_the_same_for_the_same_text(client: openai.OpenAI) -> None:
    answer = client.embeddings.create(
        model="text-embedding-3-small", input=["a b", "a b", "c"], encoding_format="float"
    )
    first, second, third = (item.embedding for item in answer.data)
    assert first == second != third
    assert answer.usage.total_tokens == 5


def test_models_are_listed(client: openai.OpenAI) -> None:
    assert "gpt-4o" in [model.id for model in client.models.list()]
