"""OpenTelemetry's first instrumentation of the openai client: attributes, or an event a message (older)."""

import sys

import conversation
from opentelemetry.instrumentation.openai_v2 import OpenAIInstrumentor
from telemetry import set_up_logs, set_up_traces

set_up_traces()
set_up_logs()
OpenAIInstrumentor().instrument()
RUN = {
    "chat-tool": conversation.openai_chat_tool,
    "chat-tool-events": conversation.openai_chat_tool,
    "stream": conversation.openai_stream,
    "embedding": conversation.openai_embedding,
}
print(RUN[sys.argv[1]]())
