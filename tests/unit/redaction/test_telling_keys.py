"""What stands under a key that says what it is goes whole, however long it is."""

import base64
import json
import random
import string
import time

import pytest

from a11i_redaction.detectors.patterns import PatternDetector
from a11i_redaction.detectors.secret_names import words_of
from a11i_redaction.keys import context_key
from a11i_redaction.pipeline import Redactor
from tests.unit.redaction.redaction_kit import TENANT, ScriptedModel, batch, column, found, redactor_with

_RNG = random.Random(7)  # noqa: S311  (fake keys that are the same in each run)
_WORD = "S3cr3t" + "Pw99x"


def _chars(count: int) -> str:
    return "a1" + "".join(_RNG.choices(string.ascii_letters + string.digits, k=count - 2))


_LONG = _chars(480)
_RAW_KEY = base64.b64encode(_RNG.randbytes(1200)).decode()


@pytest.fixture(scope="module")
def scripted(patterns: PatternDetector) -> Redactor:
    """Real patterns, and a model that knows no name."""
    return redactor_with(patterns, ScriptedModel({}))


def _redacted(redactor: Redactor, value: object) -> str:
    return redactor.redact_texts([json.dumps(value)], TENANT)[0].text


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("access_token", "EwB4" + _LONG),
        ("SessionToken", "IQoJb3JpZ2luX2Vj" + _LONG + "//" + _chars(500) + "=="),
        ("private_key", _RAW_KEY),
        ("Authorization", "Negotiate YII" + _LONG),
        ("Authorization", f'Digest username="bob", realm="{_chars(150)}", response="{_chars(60)}"'),
        ("authorization", "Basic " + base64.b64encode(f"bob:{_LONG}".encode()).decode()),
        ("client_secret", _chars(2500)),
        ("cookie", "; ".join(f"c{number}={_chars(30)}" for number in range(20))),
    ],
    ids=lambda value: str(value)[:20],
)
def test_a_long_secret_goes_whole(scripted: Redactor, key: str, value: str) -> None:
    redacted = _redacted(scripted, {key: value})
    assert json.loads(redacted)[key].startswith("<SECRET_")
    assert len(redacted) < 60


def test_a_long_attribute_goes_whole(scripted: Redactor) -> None:
    key = "http.request.header.cookie"
    sent = batch(1, attr_string=[[(key, "; ".join(f"c{number}={_chars(20)}" for number in range(30)))]])
    [[(_, value)]] = column(scripted.redact_batch(sent), "attr_string")
    assert value.startswith("<SECRET_")


def test_a_key_tells_what_each_of_many_numbers_is(scripted: Redactor) -> None:
    numbers = [f"536{group:02d}{serial:04d}" for group, serial in zip(range(22, 52), range(8700, 8730), strict=True)]
    redacted = _redacted(scripted, {"ssns": ", ".join(numbers)})
    assert not [number for number in numbers if number in redacted]


def test_a_long_text_is_no_name_because_of_its_key(redactor: Redactor) -> None:
    text = "the order was shipped on monday and it will arrive in a week or so. " * 6
    assert redactor.redact_texts([json.dumps({"customer_name": text})], TENANT)[0].text == json.dumps(
        {"customer_name": text}
    )


@pytest.mark.parametrize("key", ["tokens", "token", "credentials", "api_key"])
def test_long_prose_under_such_a_key_stays(patterns: PatternDetector, key: str) -> None:
    text = "We sent the parcel yesterday, and it's on its way; nobody knows more about it than that. " * 5
    assert found(patterns.find(text, key), text) == []


def test_what_names_a_structure_says_nothing_of_a_text() -> None:
    assert context_key("content") == ""


def test_a_place_in_a_list_says_nothing_of_a_text() -> None:
    assert context_key("gen_ai.prompt.0.content") == context_key("gen_ai.prompt.12.content")
    assert context_key("secrets.3") == "secrets"
    assert context_key("api.2x.token") == "api.2x.token"


@pytest.mark.parametrize("key", ["key " + "1" * 27 + "x", "1" * 100_000 + "x", "key 1 2 3 value 4" * 500 + "x"])
def test_a_key_of_many_digits_takes_no_time(key: str) -> None:
    began = time.thread_time()
    words_of(key)
    assert time.thread_time() - began < 0.5


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("password2", "password"), ("user[password_12]", "user password"), ("passwordConfirm", "password"),
        ("secret_2_value", "secret"), ("client-key-data", "client key"), ("12", "12"), ("pass2word", "pass2word"),
    ],
)  # fmt: skip
def test_what_a_name_has_behind_it_is_no_part_of_it(key: str, words: str) -> None:
    assert words_of(key) == words
