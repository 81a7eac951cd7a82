"""Logfire with the providers' own clients; nothing is sent to Logfire itself, everything over OTLP."""

import sys

import conversation
import logfire

logfire.configure(send_to_logfire=False, service_name="travel-assistant", console=False)
logfire.instrument_openai()
logfire.instrument_anthropic()
RUN = {
    "chat-tool": conversation.openai_chat_tool,
    "stream": conversation.openai_stream,
    "responses": conversation.openai_responses,
    "embedding": conversation.openai_embedding,
    "anthropic": conversation.anthropic_chat_tool,
    "anthropic-stream": conversation.anthropic_stream,
}
print(RUN[sys.argv[1]]())
