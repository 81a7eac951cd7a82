"""Records the steps of an LLM agent and sends them to a11i, on the OpenTelemetry SDK.

    from a11i.sdk import init, llm, observe, set_session, set_user

    init(service_name="shop")               # A11I_API_KEY and A11I_OTLP_GRPC from the environment

    @observe(kind="tool")
    def find_order(number: str) -> dict[str, str]: ...

    @observe(kind="agent", name="clerk")
    def answer(question: str) -> str:
        set_session("conversation-7")
        order = find_order("A-17")
        with llm(model="gpt-4o", provider="openai", messages=[{"role": "user", "content": question}]) as call:
            reply = my_client(question, order)
            call.record(output=reply.text, input_tokens=reply.input_tokens, output_tokens=reply.output_tokens)
        return reply.text

Nothing here raises into the program for telemetry's sake: only wrong settings do, in `init`. Without `init`, and
without another OpenTelemetry provider, everything is a cheap no-op.
"""

from a11i.sdk._client import Client, init
from a11i.sdk._model_call import ModelCall, llm
from a11i.sdk._observe import Observation, observe
from a11i.sdk._scope import Scope, set_session, set_user
from a11i.sdk._settings import ConfigurationError
from a11i.sdk._step import Kind, Step

__all__ = [
    "Client",
    "ConfigurationError",
    "Kind",
    "ModelCall",
    "Observation",
    "Scope",
    "Step",
    "init",
    "llm",
    "observe",
    "set_session",
    "set_user",
]
