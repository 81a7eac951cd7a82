"""Passwords of Redis go from transcripts, statements, its protocol, settings and rules; other AUTHs and prose stay."""

import json

import pytest

from a11i_redaction.detectors.patterns import PatternDetector
from a11i_redaction.pipeline import Redactor
from tests.unit.redaction.redaction_kit import TENANT, ScriptedModel, redactor_with


@pytest.fixture(scope="module")
def scripted(patterns: PatternDetector) -> Redactor:
    """Real patterns, and a model that knows no name."""
    return redactor_with(patterns, ScriptedModel({}))


_PASSWORD = "hunter" + "2pw"
_WORD = "correct" + "horse"
TEXTS = [
    f"127.0.0.1:6379> AUTH {_PASSWORD}",
    f"127.0.0.1:6379> auth ann {_WORD}\r\nOK\r\n127.0.0.1:6379> GET a",
    f"db.internal:6380[2]> AUTH default {_WORD}",
    f"redis> AUTH '{_WORD}'",
    f"$ redis-cli\n> AUTH {_PASSWORD}\nOK",
    f"redis-cli -h db -p 6380 AUTH {_WORD}",
    f"AUTH {_PASSWORD}",
    f'AUTH ann "{_WORD}"',
    f"AUTH {_PASSWORD}\nSELECT 0",
    f'{{"db.statement": "AUTH ann {_PASSWORD}"}}',
    f'1700000000.1 [0 127.0.0.1:5000] "AUTH" "{_PASSWORD}"',
    f"r.execute_command('AUTH', 'ann', '{_PASSWORD}')",
    f'client.sendCommand(["AUTH", "{_WORD}"])',
    f'redis.call("AUTH","ann","{_WORD}")',
    f"sent (b'AUTH', b'ann', b'{_PASSWORD}')",
    f"*2\r\n$4\r\nAUTH\r\n$9\r\n{_PASSWORD}\r\n",
    f"sent *3\\r\\n$4\\r\\nAUTH\\r\\n$3\\r\\nann\\r\\n$12\\r\\n{_WORD}\\r\\n",
    f"HELLO 3 AUTH default {_WORD} SETNAME app",
    f'MIGRATE 10.0.0.2 6379 "" 0 5000 AUTH2 ann {_WORD} KEYS a',
    f"requirepass {_WORD}",
    f"port 6379\n  masterauth '{_WORD}'\n",
    f"CONFIG SET requirepass {_WORD}",
    f"config set masterauth {_WORD} maxmemory 1gb",
    f'1) "requirepass"\n2) "{_WORD}"',
    f"*3\r\n$11\r\nrequirepass\r\n$9\r\n{_PASSWORD}\r\n",
    f"sentinel auth-pass mymaster {_WORD}",
    f"SENTINEL SET mymaster auth-pass {_PASSWORD}",
    f"ACL SETUSER ann on >{_WORD} ~* +@all",
    f"acl setuser ann >{_WORD} <old{_WORD}",
    f"user ann on >{_WORD} ~* &* +@all",
    json.dumps(["AUTH", _PASSWORD]),
    json.dumps({"args": ["AUTH", "ann", _WORD]}),
    json.dumps({"command": "AUTH", "args": [_WORD]}),
    json.dumps(["CONFIG", "SET", "requirepass", _WORD]),
    json.dumps({"cmd": ["ACL", "SETUSER", "ann", "on", f">{_WORD}", "~*"]}),
]


@pytest.mark.parametrize("text", TEXTS)
def test_takes_the_password_and_leaves_the_user(scripted: Redactor, text: str) -> None:
    [redacted] = scripted.redact_texts([text], TENANT)
    assert "<SECRET_" in redacted.text
    assert _PASSWORD not in redacted.text
    assert _WORD not in redacted.text
    assert redacted.text.count("ann") == text.count("ann")
    assert redacted.text.count("default") == text.count("default")


def test_takes_the_hash_of_a_rule(patterns: PatternDetector) -> None:
    digest = "5e88" + "0a1b" * 15
    text = f"user default on nopass #{digest} ~* +@all"
    assert [text[found.start : found.end] for found in patterns.find(text, "")] == [digest]


LOOK_ALIKES = [
    "setuser ann >file.txt",
    "AUTH failed",
    "AUTH PLAIN",
    "250-AUTH PLAIN LOGIN CRAM-MD5",
    "AUTH TLS",
    "AUTH TLSv1.2",
    "AUTH CRAM-MD5",
    "AUTH SCRAM-SHA-256",
    "NOAUTH Authentication required.",
    "ERR AUTH <password> called without any password configured",
    "AUTH v2 migration 2024",
    "the AUTH command takes user and password",
    "choices = ['AUTH', 'BILLING', 'ORDERS']",
    '["AUTH", "ORDERS"]',
    '{"enum": ["AUTH", "PAYMENTS", "ORDERS"]}',
    "AUTH 10.0.0.1 ok",
    "AUTH user=ann12 ok",
    "AUTH user=ann12",
    "user clicks on >5000 links",
    "the user ann on #general123",
    "set requirepass in redis.conf",
    "requirepass directive is needed",
    "the requirepass option",
    "AUTH <password>",
    "AUTH ? ?",
    "AUTH ${REDIS_PASSWORD}",
    "ACL SETUSER ann on nopass ~* +@all",
    "AUTH (redacted)",
    "> AUTH means something",
    "AUTH service 503",
    "HELLO 3",
]


@pytest.mark.parametrize("text", LOOK_ALIKES)
def test_leaves_what_is_none(scripted: Redactor, text: str) -> None:
    assert scripted.redact_texts([text], TENANT)[0].text == text
