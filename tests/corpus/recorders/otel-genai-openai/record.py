"""OpenTelemetry's GenAI instrumentation of the openai client, semantic conventions as they are now."""

import sys

import conversation
from opentelemetry.instrumentation.genai.openai import OpenAIInstrumentor
from telemetry import set_up_logs, set_up_traces

set_up_traces()
set_up_logs()
OpenAIInstrumentor().instrument()
RUN = {
    "chat-tool": conversation.openai_chat_tool,
    "chat-tool-event": conversation.openai_chat_tool,
    "stream": conversation.openai_stream,
    "responses": conversation.openai_responses,
    "embedding": conversation.openai_embedding,
    "vision": conversation.openai_vision,
    "file": conversation.openai_file,
}
print(RUN[sys.argv[1]]())
