"""OpenTelemetry's first instrumentation of the openai client, its first version: an event a message."""

import sys

import conversation
from opentelemetry._events import set_event_logger_provider
from opentelemetry.instrumentation.openai_v2 import OpenAIInstrumentor
from opentelemetry.sdk._events import EventLoggerProvider
from telemetry import set_up_logs, set_up_traces

set_up_traces()
set_up_logs()
set_event_logger_provider(EventLoggerProvider())
OpenAIInstrumentor().instrument()
RUN = {
    "chat-tool": conversation.openai_chat_tool,
    "stream": conversation.openai_stream,
}
print(RUN[sys.argv[1]]())
