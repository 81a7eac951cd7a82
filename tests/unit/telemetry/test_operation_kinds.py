"""Which operations are calls of a model, and which are around them."""

import pytest

from tests.unit.telemetry.attribute_rows import row_of


@pytest.mark.parametrize(
    ("operation", "kind"),
    [
        *((word, "llm") for word in ("image_generation", "image", "audio", "speech", "transcription", "translation")),
        *((word, "llm") for word in ("responses", "messages", "chat.completions", "invoke_model", "text-completion")),
        *((word, "llm") for word in ("ChatCompletion", "chat_completions", "images.generate", "text_to_speech")),
        *(
            (word, "llm")
            for word in ("create_completion", "generate", "InvokeModelWithResponseStream", "converse_stream")
        ),
        *((word, "llm") for word in ("text_completion", "acompletion", "agenerate", "text_to_image", "predict")),
        *((word, "llm") for word in ("texttospeech", "createchatcompletion", "textgeneration", "acreate_image")),
        *((word, "llm") for word in ("openai.responses.create", "messages.stream", "create_image", "text generation")),
        *((word, "llm") for word in ("createChatCompletion", "audio.speech", "converse", "model_prediction", "chats")),
        *(
            (word, "llm")
            for word in ("chatcompletion", "Anthropic Messages", "image_edit", "text2image", "llm_response")
        ),
        *((word, "embedding") for word in ("embed", "create_embedding", "vectorize", "aembed_query", "textembeddings")),
        *((word, "rerank") for word in ("reranking", "re-rank")),
        # Around calls, of them, or for nothing.
        *((word, "chain") for word in ("plan", "execute_event_loop_cycle", "execute_task", "agent_step", "chain")),
        *(
            (word, "chain")
            for word in ("count_tokens", "fine_tuning", "message/send", "create_batch", "batch_completion")
        ),
        *((word, "chain") for word in ("list_models", "upload_file", "generate_plan", "chat_session", "generate" * 20)),
        *((word, "chain") for word in ("build_context", "load_context", "context_compress", "contextualize")),
        *((word, "chain") for word in ("text", "text_split", "text_index", "load_text", "TextSplitter")),
        *((word, "chain") for word in ("save_message", "publish message", "messaging", "chat_history", "saveChat")),
        *((word, "chain") for word in ("upload_image", "audio_upload", "resize_image", "log_response", "play audio")),
        *((word, "chain") for word in ("http.response", "HTTPResponse", "POST /chat http", "download_completion")),
        *((word, "chain") for word in ("chat_loader", "completion_logger", "validate_completion", "chat store")),
        *((word, "chain") for word in ("prediction_market", "index_embeddings", "embedding_store", "load_embeddings")),
    ],
)
def test_an_operation_of_a_model_is_a_call_however_it_is_called(operation: str, kind: str) -> None:
    assert row_of({"gen_ai.operation.name": operation, "gen_ai.request.model": "gpt-4o"})["step_kind"] == kind


@pytest.mark.parametrize(
    ("operation", "kind"), [("text-completion", "llm"), ("images", "llm"), ("generate", "chain"), ("respond", "chain")]
)
def test_an_operation_that_names_no_model_is_a_call_by_a_known_word_alone(operation: str, kind: str) -> None:
    assert row_of({"gen_ai.operation.name": operation, "gen_ai.input.messages": "[]"})["step_kind"] == kind


def test_what_a_convention_calls_a_wrapper_is_none_of_its_calls_whatever_the_operation() -> None:
    row = row_of({"openinference.span.kind": "CHAIN", "gen_ai.operation.name": "generate", "llm.model_name": "gpt-4o"})
    assert row["step_kind"] == "chain"


def test_a_call_of_another_operation_has_its_numbers_from_its_response_too() -> None:
    row = row_of({
        "gen_ai.operation.name": "create_response",
        "gen_ai.request.model": "gpt-4o",
        "gen_ai.completion": '{"usage": {"input_tokens": 12, "output_tokens": 3}}',
    })  # fmt: skip
    assert (row["input_tokens"], row["output_tokens"]) == (12, 3)
