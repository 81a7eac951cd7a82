"""Names are looked for wherever a sentence can stand, and in keys; labels of services, models and hosts stay."""

import json
from typing import Any

import pytest

from a11i_redaction.keys import may_hold_names
from a11i_redaction.pipeline import Redactor
from a11i_telemetry.signals import Signal
from tests.unit.redaction.redaction_kit import TENANT, batch, batch_of, column

_NAME = "Maria Garcia"


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("db.query.text", "SELECT * FROM customers WHERE name = 'Maria Garcia'"),
        ("db.statement", "INSERT INTO c VALUES (1, 'Maria Garcia')"),
        ("http.request.body", f"Dear Sir, my name is {_NAME} and I wait."),
        ("url.query", f"customer={_NAME.replace(' ', '%20')}"),
        ("url.full", f"https://shop.test/find?customer={_NAME.replace(' ', '%20')}"),
        ("messaging.message.body", f"the parcel of {_NAME} was sent"),
        ("rpc.request.metadata.note", f"call {_NAME} back"),
        ("exception.stacktrace", f'Traceback:\n  File "a.py", line 3\nValueError: no customer named {_NAME}'),
        ("aws.log.note", f"asked by {_NAME}"),
        ("openai.request.note", f"asked by {_NAME}"),
        ("gen_ai.request.note", f"asked by {_NAME}"),
    ],
)
def test_finds_names_in_any_attribute_that_holds_words(redactor: Redactor, key: str, value: str) -> None:
    [[(_, redacted)]] = column(redactor.redact_batch(batch(1, attr_string=[[(key, value)]])), "attr_string")
    assert "Garcia" not in redacted


@pytest.mark.parametrize("key", ["id", "type", "status", "object", "role"])
def test_finds_names_in_members_that_mostly_hold_labels(redactor: Redactor, key: str) -> None:
    [redacted] = redactor.redact_texts([json.dumps({key: f"approved by {_NAME}"})], TENANT)
    assert "Garcia" not in redacted.text


def test_finds_names_that_are_keys(redactor: Redactor) -> None:
    [redacted] = redactor.redact_texts([json.dumps({_NAME: {"age": 4}, "total amount": 3})], TENANT)
    assert list(json.loads(redacted.text))[1:] == ["total amount"]
    assert "Garcia" not in redacted.text
    [[(key, _)]] = column(redactor.redact_batch(batch(1, attr_string=[[(_NAME, "x")]])), "attr_string")
    assert "Garcia" not in key


@pytest.mark.parametrize(
    ("signal", "name"),
    [
        (Signal.SPANS, "name"),
        (Signal.SPANS, "session_id"),
        (Signal.SPANS, "evaluation_label"),
        (Signal.LOGS, "event_name"),
        (Signal.LOGS, "severity_text"),
        (Signal.METRICS, "description"),
    ],
)
def test_finds_names_in_columns_of_text(redactor: Redactor, signal: Signal, name: str) -> None:
    values: Any = [f"a call for {_NAME} at noon"]
    [redacted] = column(redactor.redact_batch(batch_of(signal, 1, **{name: values})), name)
    assert "Garcia" not in redacted


LABELS = [
    ("name", "invoke_agent Travel Planner"),
    ("name", "execute_tool Get Weather"),
    ("name", "chat claude-sonnet-4"),
    ("name", "POST /v1/Orders"),
    ("name", "Checkout Flow"),
    ("agent_name", "Jordan Support"),
    ("tool_name", "Search Web"),
]


@pytest.mark.parametrize(("name", "value"), LABELS)
def test_leaves_the_names_of_what_runs(redactor: Redactor, name: str, value: str) -> None:
    assert column(redactor.redact_batch(batch(1, **{name: [value]})), name) == [value]


KEYS = ["Total Amount", "Order Status", "New York Office", "User Name", "Content Type", "Max Tokens", "Due Date"]


@pytest.mark.parametrize("key", KEYS)
def test_leaves_keys_of_words(redactor: Redactor, key: str) -> None:
    text = json.dumps({key: 1})
    assert redactor.redact_texts([text], TENANT)[0].text == text


@pytest.mark.parametrize(
    "text",
    [
        "java.lang.IllegalStateException: Cart Service failed\n\tat shop.C.add(C.java:4)\n\tat Main.run(A.java:7)",
        'Traceback (most recent call last):\n  File "/a.py", line 12, in run\n    raise OSError("Request timed out")',
        "Error: Connection Refused\n    at Socket.connect (node:net:12:3)\n    at Array.forEach (<anonymous>)",
    ],
)
def test_leaves_stack_traces(redactor: Redactor, text: str) -> None:
    sent = batch(1, attr_string=[[("exception.stacktrace", text)]])
    assert column(redactor.redact_batch(sent), "attr_string") == [[("exception.stacktrace", text)]]


@pytest.mark.parametrize(
    ("key", "value", "may"),
    [
        ("gen_ai.request.model", "Claude Sonnet 4", False),
        ("service.name", "Jordan Service", False),
        ("user_agent.original", "Mozilla/5.0 (Windows NT 10.0; Win64) Chrome/1", False),
        ("db.system", "postgresql", False),
        ("db.system", "a word", True),
        ("http.route", "/users/" + "x" * 60, True),
        ("gen_ai.agent.description", "x", True),
        ("db.query.text", "x", True),
        ("anything", "x", True),
        ("Status", "shipped", False),
    ],
)
def test_says_where_names_can_stand(key: str, value: str, may: bool) -> None:
    assert may_hold_names(key, value) is may
