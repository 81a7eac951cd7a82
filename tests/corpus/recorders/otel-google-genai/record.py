"""OpenTelemetry's instrumentation of Google's client for Gemini."""

import sys

import conversation
from google import genai
from google.genai import types
from opentelemetry.instrumentation.google_genai import GoogleGenAiSdkInstrumentor
from telemetry import set_up_logs, set_up_traces

set_up_traces()
set_up_logs()
GoogleGenAiSdkInstrumentor().instrument()
MODEL = "gemini-2.5-flash"
client = genai.Client()
plain = types.GenerateContentConfig(system_instruction=conversation.SYSTEM)


def chat_tool() -> str:
    """Question, function call, response, answer: two calls, the function called in between."""
    function = types.FunctionDeclaration(
        name=conversation.TOOL["name"],
        description=conversation.TOOL["description"],
        parameters_json_schema=conversation.TOOL["parameters"],
    )
    tools = [types.Tool(function_declarations=[function])]
    config = types.GenerateContentConfig(system_instruction=conversation.SYSTEM, tools=tools)
    contents = [types.Content(role="user", parts=[types.Part(text=conversation.USER)])]
    first = client.models.generate_content(model=MODEL, contents=contents, config=config)
    call = first.function_calls[0]
    result = types.Part.from_function_response(name=call.name, response=conversation.get_weather(**call.args))
    contents += [first.candidates[0].content, types.Content(role="user", parts=[result])]
    return str(client.models.generate_content(model=MODEL, contents=contents, config=config).text)


def automatic() -> str:
    """The client calls the function by itself, within one call of its own."""
    config = types.GenerateContentConfig(system_instruction=conversation.SYSTEM, tools=[conversation.get_weather])
    return str(client.models.generate_content(model=MODEL, contents=conversation.USER, config=config).text)


def stream() -> str:
    """One answer, streamed."""
    chunks = client.models.generate_content_stream(model=MODEL, contents=conversation.USER, config=plain)
    return "".join(chunk.text or "" for chunk in chunks)


print({"chat-tool": chat_tool, "automatic": automatic, "stream": stream}[sys.argv[1]]())
