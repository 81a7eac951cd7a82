"""What redaction takes out is found nowhere: not in a store, not on the bus, not in a log."""

import base64
import json
import secrets
import time
from pathlib import Path

from tests.e2e.conftest import RunningMesh
from tests.e2e.otlp import attributes, chat_span, ids, request
from tests.e2e.polling import eventually


def _needles() -> tuple[str, str]:
    """Return an e-mail address and an API key that exist nowhere else, built here so that no file holds them."""
    email = f"{secrets.token_hex(6)}.canary@{secrets.token_hex(4)}-corp.com"
    key = "sk-" + "proj-" + secrets.token_urlsafe(36).replace("-", "x").replace("_", "y")
    return email, key


def test_a_planted_address_and_key_are_found_nowhere_once_their_batch_has_passed(mesh: RunningMesh) -> None:
    email, key = _needles()
    prompt = f"I am Maria Schneider, write to {email} and use {key} for it."
    messages = json.dumps([{"role": "user", "parts": [{"type": "text", "content": prompt}]}])
    span = chat_span("leak", time.time_ns(), gen_ai__input__messages=messages, note=prompt)
    span.status.message = prompt
    span.events.add(name=f"mail to {email}", attributes=attributes({"body": prompt, email: "as a key"}))
    link_trace, link_span = ids("leak-link")
    span.links.add(trace_id=link_trace, span_id=link_span, attributes=attributes({"why": prompt}))
    broken = b"\xff\xff" + prompt.encode()

    mesh.client.send(request([span], resource={"service.name": "leaky", "owner": email, "token": key}))
    mesh.send_raw(broken)
    trace = mesh.client.wait_for_trace(span.trace_id.hex())
    eventually(mesh.bus_is_empty)

    stored = trace.SerializeToString()
    assert b"<EMAIL_ADDRESS" in stored
    for needle in (email, key):
        assert needle.encode() not in stored
        assert files_with(mesh.data_dir, needle) == []
    assert trace.summary.redacted_entities["EMAIL_ADDRESS"] >= 1


def files_with(folder: Path, needle: str) -> list[str]:
    """Return the files below `folder` that hold the needle, as it is, in UTF-16 or in base64."""
    forms = (needle.encode(), needle.encode("utf-16-le"), base64.b64encode(needle.encode())[:-4])
    found = []
    for path in folder.rglob("*"):
        try:
            content = path.read_bytes() if path.is_file() else b""
        except FileNotFoundError:  # a part that the store has just merged away
            continue
        if any(form in content for form in forms):
            found.append(str(path))
    return found
