"""Secrets of every format are found; their look-alikes stay. The keys are made here, and open nothing."""

import random
import string

import pytest

from a11i_redaction.detectors.patterns import PatternDetector
from tests.unit.redaction.redaction_kit import ScriptedModel, found, redactor_with

_RNG = random.Random(11)  # noqa: S311  (fake keys that are the same in each run)
_ALNUM = string.ascii_letters + string.digits
_HEX = "0123456789abcdef"


def _chars(count: int, alphabet: str = _ALNUM) -> str:
    """Return so many characters, a letter and a digit among them."""
    return "a1" + "".join(_RNG.choices(alphabet, k=count - 2))


def _upper(count: int) -> str:
    return "".join(_RNG.choices(string.ascii_uppercase + "234567", k=count))


# (vendor, key): the prefixes are joined at run time, so that no scanner takes this file for a leak.
KEYS = [
    ("openai project", "sk-" + "proj-" + _chars(74)),
    ("openai", "sk-" + _chars(48)),
    ("openai service account", "sk-" + "svcacct-" + _chars(60)),
    ("anthropic", "sk-" + "ant-api03-" + _chars(93)),
    ("openrouter", "sk-" + "or-v1-" + _chars(64, _HEX)),
    ("langfuse secret", "sk-" + "lf-" + "a1b2c3d4-e5f6-4a5b-8c9d-0123456789ab"),
    ("langsmith", "lsv2_" + "pt_" + _chars(32, _HEX) + "_" + _chars(10, _HEX)),
    ("hugging face", "hf_" + _chars(34)),
    ("groq", "gsk_" + _chars(52)),
    ("xai", "xai-" + _chars(80)),
    ("perplexity", "pplx-" + _chars(48)),
    ("replicate", "r8_" + _chars(37)),
    ("fireworks", "fw_" + _chars(24)),
    ("nvidia", "nvapi-" + _chars(64)),
    ("tavily", "tvly-" + "dev-" + _chars(32)),
    ("pinecone", "pcsk_" + _chars(70)),
    ("aws access key", "AKIA" + _upper(16)),
    ("aws session key", "ASIA" + _upper(16)),
    ("google api key", "AIza" + _chars(35)),
    ("google oauth token", "ya29." + _chars(60)),
    ("google oauth secret", "GOCSPX-" + _chars(28)),
    ("azure ad secret", "abc" + "8Q~" + _chars(34)),
    ("azure storage", "AccountKey=" + _chars(86) + "=="),
    ("digitalocean", "dop_" + "v1_" + _chars(64, _HEX)),
    ("databricks", "dapi" + _chars(32, _HEX)),
    ("vault", "hvs." + _chars(90)),
    ("doppler", "dp." + "pt." + _chars(43)),
    ("terraform cloud", _chars(14) + ".atlasv1." + _chars(65)),
    ("supabase", "sbp_" + _chars(40, _HEX)),
    ("planetscale", "pscale_" + "tkn_" + _chars(43)),
    ("grafana", "glsa_" + _chars(32) + "_" + _chars(8, _HEX)),
    ("github", "ghp_" + _chars(36)),
    ("github app", "ghs_" + _chars(36)),
    ("github fine-grained", "github_" + "pat_" + _chars(82)),
    ("gitlab", "glpat-" + _chars(20)),
    ("atlassian", "ATATT3" + _chars(180)),
    ("npm", "npm_" + _chars(36)),
    ("pypi", "pypi-" + "AgE" + _chars(120)),
    ("docker", "dckr_" + "pat_" + _chars(27)),
    ("postman", "PMAK-" + _chars(24, _HEX) + "-" + _chars(34, _HEX)),
    ("linear", "lin_" + "api_" + _chars(40)),
    ("notion", "ntn_" + _chars(46)),
    ("sentry", "sntrys_" + _chars(100)),
    ("new relic", "NRAK-" + _upper(27)),
    ("airtable", "pat" + _chars(14) + "." + _chars(64, _HEX)),
    ("figma", "figd_" + _chars(40)),
    ("slack bot", "xoxb-" + "123456789012-1234567890123-" + _chars(24)),
    ("slack app", "xapp-" + "1-A012345678-1234567890123-" + _chars(64, _HEX)),
    ("telegram", "123456789:" + "AA" + _chars(33)),
    ("stripe", "sk_" + "live_" + _chars(24)),
    ("stripe restricted", "rk_" + "test_" + _chars(24)),
    ("stripe webhook", "whsec_" + _chars(32)),
    ("square", "sq0" + "atp-" + _chars(22)),
    ("shopify", "shpat_" + _chars(32, _HEX)),
    ("twilio", "SK" + _chars(32, _HEX)),
    ("sendgrid", "SG." + _chars(22) + "." + _chars(43)),
    ("mailgun", "key-" + _chars(32, _HEX)),
    ("mailchimp", _chars(32, _HEX) + "-us14"),
    ("brevo", "xkeysib-" + _chars(64, _HEX) + "-" + _chars(16)),
    ("age", "AGE-" + "SECRET-KEY-1" + _upper(58)),
    ("a11i", "a11i_" + _chars(12) + "_" + _chars(43)),
]
CARRIERS = ["use {} please", "export KEY={}", '{{"k": "{}"}}', "https://x.test/?k={}&a=b", "({}).", "{}"]


@pytest.mark.parametrize(("vendor", "key"), KEYS, ids=[vendor for vendor, _ in KEYS])
@pytest.mark.parametrize("carrier", CARRIERS)
def test_finds_a_vendors_key_wherever_it_stands(patterns: PatternDetector, vendor: str, key: str, carrier: str) -> None:
    text = carrier.format(key)
    findings = [finding for finding in patterns.find(text, "") if finding.entity == "SECRET"]
    secret = key.partition("=")[2] if key.startswith("AccountKey") else key
    covered = {place for finding in findings for place in range(finding.start, finding.end)}
    start = text.index(secret)
    assert covered >= set(range(start, start + len(secret))), vendor


_JWT = "eyJ" + _chars(30) + ".eyJ" + _chars(60) + "." + _chars(43)
_PEM = (
    "-----BEGIN " + "RSA PRIVATE KEY-----\n" + _chars(64) + "\n" + _chars(20) + "\n-----END " + "RSA PRIVATE KEY-----"
)
_PASSWORD = "hunter" + "2!x"
_ENCRYPTED = _PEM.replace("\n", "\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,0A1B\n\n", 1)
OTHERS = [
    (f"encrypted {_ENCRYPTED}", ("PRIVATE_KEY", _ENCRYPTED)),
    (f"cut off {_PEM[:80]}", ("PRIVATE_KEY", _PEM[:80])),
    (f"token is {_JWT}.", ("JWT", _JWT)),
    (f"key:\n{_PEM}\nend", ("PRIVATE_KEY", _PEM)),
    (f"Authorization: Bearer {(bearer := _chars(40))}", ("SECRET", bearer)),
    (f"Authorization: Basic {(basic := 'dXNlcjpwYXNz' + 'd29yZA==')}", ("SECRET", basic)),
    (f"postgres://app:{_PASSWORD}@db.internal:5432/x", ("URL_CREDENTIALS", f"app:{_PASSWORD}")),
    (f"mongodb+srv://u:{_PASSWORD}@c0.mongodb.net", ("URL_CREDENTIALS", f"u:{_PASSWORD}")),
    (f"redis://:{_PASSWORD}@cache:6379/0", ("URL_CREDENTIALS", f":{_PASSWORD}")),
    (f"password={_PASSWORD}", ("SECRET", _PASSWORD)),
    (f'"password": "{_PASSWORD}"', ("SECRET", _PASSWORD)),
    (f"DB_PASSWORD='{_PASSWORD}'", ("SECRET", _PASSWORD)),
    ("client_secret: " + (value := _chars(24)), ("SECRET", value)),
    (f'api_key = "{(value2 := _chars(20))}"', ("SECRET", value2)),
    (f"my password is {_PASSWORD}", ("SECRET", _PASSWORD)),
    (f"Server=db;User Id=sa;Password={(word := 'Str0ng' + 'Pass')};Encrypt=yes", ("SECRET", word)),
    *(
        (f"{form}{value3}", ("SECRET", value3))
        for form in (
            "My password is: ",
            "password \u2192 ",
            "mycli --password ",
            "mycli --api-key ",
            "mysql -u root -p",
            "pass: ",
            "pw: ",
        )
        for value3 in ["Tr0ub4dor&3x"]
    ),
    *((f"password={value4}", ("SECRET", value4)) for value4 in ("example123", "wrong1horse", "Optional#99")),
    ("secret=my-prod-s3cret-9", ("SECRET", "my-prod-s3cret-9")),
    ("password: config.2024x", ("SECRET", "config.2024x")),
    ("https://user:example@host/x", ("URL_CREDENTIALS", "user:example")),
    ("curl -s -u admin:hunt3r https://h/", ("URL_CREDENTIALS", "admin:hunt3r")),
    ("<password>Tr0ub4dor3</password>", ("SECRET", "Tr0ub4dor3")),
    ("Set-Cookie: sid=abc123def456; Path=/", ("SECRET", "sid=abc123def456; Path=/")),
    ("password: 'correct-horse-battery'", ("SECRET", "correct-horse-battery")),
]


@pytest.mark.parametrize(("text", "expected"), OTHERS, ids=[text[:24] for text, _ in OTHERS])
def test_finds_secrets_that_a_standard_or_a_name_gives_away(
    patterns: PatternDetector, text: str, expected: tuple[str, str]
) -> None:
    assert expected in found(patterns.find(text, ""), text)


@pytest.mark.parametrize("key", ["password", "db_password", "clientSecret", "api_key", "X-Api-Key", "auth-token"])
def test_takes_all_of_a_value_under_a_telling_key(patterns: PatternDetector, key: str) -> None:
    value = _chars(16)
    assert ("SECRET", value) in found(patterns.find(value, key), value)


LOOK_ALIKES = [
    "sk-learn-compatible-estimators-are-fine",
    "the task-force-of-the-region-met",
    "max_tokens: 4096, prompt_tokens=1234",
    "token = get_token(request)",
    'password = os.environ["DB_PASSWORD"]',
    "password: ${DB_PASSWORD}",
    "api_key=<your key here>",
    'api_key="YOUR_API_KEY"',
    "password: string, required",
    "The password is required to contain digits.",
    "secret: true",
    "Secrets: see the vault.",
    "password: ********",
    "https://user@host/path and https://host:8080/x",
    "postgres://${USER}:${PASS}@host/db",
    "bearer of bad news, and a token of appreciation",
    "commit 3f2a9c0d1e4b5a6978877665544332211ffeeddcc",
    "ghp_short and AKIA123 and hf_models",
    "-----BEGIN CERTIFICATE-----",
    "session_id: 550e8400-e29b-41d4-a716-446655440000",
    "def check_password(self, password: str) -> bool:",
    "if password == stored_password and token == other:",
    "npm_config_registry and pypi-server",
]


@pytest.mark.parametrize("text", LOOK_ALIKES)
def test_leaves_what_only_looks_like_a_secret(patterns: PatternDetector, text: str) -> None:
    assert found(patterns.find(text, ""), text) == []


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("token", "hello"),
        ("tokens", "1234567"),
        ("secret_santa", "Anna"),
        ("password", "${PASS}"),
        ("password_hint", "the usual one"),
    ],
)
def test_leaves_values_under_keys_when_they_are_none(patterns: PatternDetector, key: str, value: str) -> None:
    assert found(patterns.find(value, key), value) == []


@pytest.mark.parametrize(
    "shape",
    [
        '{"Authorization":"Basic %s"}', '{"name":"x-api-key","value":"%s"}', '{"key": "password", "value": "%s"}',
        '{"apiKeys":["%s"]}', '{"dbPassword":{"value":"%s"}}',
        '[{"name":"n","value":"x"},{"name":"token","value":"%s"}]',
    ],
)  # fmt: skip
def test_takes_a_value_that_a_neighbour_or_an_outer_key_gives_away(patterns: PatternDetector, shape: str) -> None:
    value = _chars(16)
    redacted = redactor_with(patterns, ScriptedModel({})).redact_texts([shape % value], "t")[0]
    assert value not in redacted.text
    assert "<SECRET_" in redacted.text


@pytest.mark.parametrize(
    ("key", "value"), [("pin", "4821"), ("otp", "004821"), ("password", "1234"), ("token", "12345")]
)
def test_takes_digits_under_a_key_that_leaves_no_doubt(patterns: PatternDetector, key: str, value: str) -> None:
    assert ("SECRET", value) in found(patterns.find(value, key), value)
