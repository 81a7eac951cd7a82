"""OpenTelemetry's GenAI instrumentation of the anthropic client."""

import sys

import conversation
from opentelemetry.instrumentation.genai.anthropic import AnthropicInstrumentor
from telemetry import set_up_logs, set_up_traces

set_up_traces()
set_up_logs()
AnthropicInstrumentor().instrument()
RUN = {
    "chat-tool": conversation.anthropic_chat_tool,
    "stream": conversation.anthropic_stream,
    "thinking": conversation.anthropic_thinking,
}
print(RUN[sys.argv[1]]())
