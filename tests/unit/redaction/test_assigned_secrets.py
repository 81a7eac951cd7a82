"""A value that is assigned to a telling name goes whole, in whatever quotes, escapes, brackets and structures."""

import random
import string

import pytest

from a11i_redaction.detectors.budget import Budget
from a11i_redaction.detectors.patterns import PatternDetector
from a11i_redaction.pipeline import Redactor
from tests.unit.redaction.redaction_kit import TENANT, ScriptedModel, found, redactor_with

_RNG = random.Random(5)  # noqa: S311  (fake keys that are the same in each run)
_WORD = "S3cr3t" + "Pw99x"


def _chars(count: int) -> str:
    return "a1" + "".join(_RNG.choices(string.ascii_letters + string.digits, k=count - 2))


_TOKEN = _chars(28)
_LONG = _chars(12_000)


@pytest.fixture(scope="module")
def scripted(patterns: PatternDetector) -> Redactor:
    """Real patterns, and a model that knows no name."""
    return redactor_with(patterns, ScriptedModel({}))


def _takes(redactor: Redactor, text: str, *parts: str) -> None:
    """Assert that nothing of these is left of a text, and that what is left settles."""
    [redacted] = redactor.redact_texts([text], TENANT)
    assert not [part for part in parts if part in redacted.text], redacted.text[:400]
    assert redactor.redact_texts([redacted.text], TENANT)[0].text == redacted.text


@pytest.mark.parametrize(
    "form", ["access_token={}", '"access_token": "{}"', "api_key: '{}'", "Authorization: Bearer {}", "x {{token={}}}"]
)
def test_a_long_value_goes_to_its_end(scripted: Redactor, form: str) -> None:
    for count in (480, 800, 12_000):
        value = _LONG[:count]
        _takes(scripted, form.format(value), value[-20:], value[:20], value[count // 2 :][:20])


@pytest.mark.parametrize("parts", [(9_000, 60, 43), (300, 20_000, 43), (300, 9_000, 3_000)])
def test_a_long_token_of_json_goes_to_its_end(scripted: Redactor, parts: tuple[int, int, int]) -> None:
    head, body, sign = (_chars(count) for count in parts)
    _takes(scripted, f"it is eyJ{head}.eyJ{body}.{sign} there", sign[-20:], body[-20:], head[-20:])


@pytest.mark.parametrize(
    "text",
    [
        r"body {\"password\": \"%s\"} sent",
        r"body {\"user\":\"bob\",\"password\":\"%s\",\"x\":1}",
        r"body {\\\"password\\\": \\\"%s\\\"} sent",
        r"echo '{\'password\': \'%s\'}'",
        r"run(\"api_key\", password=\"%s\")",
        r"log: {\"api_key\": \"%s\"} end",
        r'echo "password=\"%s\""',
        r'"password": "ab\"cd%s"',
        r"{\"password\": \"ab\\\"cd%s\"}",
        r"{\"db\": {\"connection\": {\"secret\":\"%s\"}}}",
    ],
)
def test_escaped_quotes_are_quotes(scripted: Redactor, text: str) -> None:
    for value in (_WORD, "Tr0ub4dor" + "&3x-long"):
        _takes(scripted, text % value, value)


@pytest.mark.parametrize(
    "text", ['{"user": "bob", "password": "%s', "password='%s", r"{\"password\": \"%s", 'password: "%s\nnext line']
)
def test_a_value_that_is_cut_off_goes_as_far_as_it_is_there(scripted: Redactor, text: str) -> None:
    for value in (_WORD, "a b " + _WORD):
        _takes(scripted, text % value, _WORD)


@pytest.mark.parametrize(
    "value",
    [
        "S3cr<3tPw99x",
        "ab{S3cr3tPw99x}",
        "{ab}S3cr3tPw",
        "ab,cd1S3cr",
        "ab(S3cr3tPw99x",
        "S3cr;3tPw99x",
        "ab[S3cr3tPw99x]",
        "S3cr)3tPw99x",
        "S3c>r3tPw99x",
        "p4ss,w0rd;x9",
    ],
)
@pytest.mark.parametrize("form", ["password={} next", "DB_PASSWORD={}", "x (password={}), y", "pwd: {}\nuser: bob"])
def test_a_password_goes_with_the_signs_in_it(scripted: Redactor, form: str, value: str) -> None:
    if value.startswith("{"):
        form = form.replace("{}", "x{}")
    text = form.format(value)
    [redacted] = scripted.redact_texts([text], TENANT)
    left = [piece for piece in ("3tPw", "S3cr", "cd1", "w0rd", "x9") if piece in redacted.text]
    assert not left, redacted.text


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (f"Server=db;Password={_WORD};User Id=sa;Encrypt=yes", _WORD),
        (f"login(password={_WORD}, user=bob)", _WORD),
        (f"login(user=bob,password={_WORD}).connect()", _WORD),
        (f"{{user:bob,password:{_WORD},x:1}}", _WORD),
        (f"<a><password>{_WORD}</password></a>", _WORD),
        (f"password: {_WORD}<br>next", _WORD),
        (f"https://h/x?password={_WORD}&next=1", _WORD),
        (f"[password={_WORD}]", _WORD),
        (f"(&(uid=bob)(password={_WORD})(x=1))", _WORD),
        (f"the password: {_WORD}, then", _WORD),
    ],
)
def test_what_goes_on_behind_a_password_stays(patterns: PatternDetector, text: str, value: str) -> None:
    assert ("SECRET", value) in found(patterns.find(text, ""), text)


@pytest.mark.parametrize(
    "name",
    [
        "password1",
        "password2",
        "PASSWORD_2",
        "password_confirmation",
        "passwordConfirm",
        "SecretString",
        "token_value",
        "secret_key_base",
        "client-key-data",
        "private_key_pem",
        "user[password]",
        "PGPASSWORD",
        "dbpassword",
        "psk",
        "client_key",
    ],
)
@pytest.mark.parametrize("form", ["{}={}", "{}: {}", '"{}": "{}"', "{} = '{}'"])
def test_a_name_can_have_more_behind_it(scripted: Redactor, form: str, name: str) -> None:
    _takes(scripted, form.format(name, _TOKEN), _TOKEN)


@pytest.mark.parametrize(
    "text",
    [
        "env:\n  - name: DB_PASSWORD\n    value: %s\n  - name: X\n    value: y",
        'env:\n- name: "API_KEY"\n  value: "%s"',
        "- {name: DB_PASSWORD, value: %s}",
        'variable "db_password" {\n  type    = string\n  default = "%s"\n}',
        '<input type="text" name="password" value="%s">',
        "<input value='%s' type='hidden' name='api_key'>",
        "<input type=password id=p value=%s>",
        '<add key="DbPassword" value="%s"/>',
        '<property name="connection.password" value="%s" />',
        '<property name="connection.password">%s</property>',
        '<entry key="api.secret">%s</entry>',
        "CREATE USER bob IDENTIFIED BY '%s';",
        "CREATE USER bob IDENTIFIED WITH caching_sha2_password BY '%s';",
        "ALTER USER bob IDENTIFIED BY %s;",
        "CREATE ROLE bob LOGIN PASSWORD '%s';",
        "ALTER USER bob WITH ENCRYPTED PASSWORD '%s' VALID UNTIL 'x'",
        "UPDATE user SET x = PASSWORD('%s')",
        'password = """%s"""',
        'password = b"%s"',
        "password = rb'%s'",
        'password: f"%s"',
        "password = '''\n%s\n'''",
        "password: |\n  %s\nuser: bob",
        "password: >-\n    %s\n",
        '["mysql", "--password", "%s", "-h"]',
        "run(['tool', '--api-key', '%s'])",
        "headers=[('X-Api-Key', '%s'), ('Accept', '*/*')]",
        '[["X-Api-Key","%s"]] sent',
        "auth = ('password', '%s')",
        r"args [\"--password\", \"%s\"] done",
    ],
)
def test_a_name_beside_a_value_names_it(scripted: Redactor, text: str) -> None:
    for value in (_TOKEN, _TOKEN[:4] + "&" + _TOKEN[5:14] + "x"):
        if "api" in text.lower() and "&" in value:
            continue
        _takes(scripted, "see " + text % value, value)


REAL = [
    ('api_key = "%s"', "yourcorp-" + "8f7d6a5bC3d9E1f0Qz"),
    ('client_secret: "%s"', "8f7d6a5bC3d9" + "example" + "E1f0Qz77"),
    ("password=%s", "/kJ8s/" + "Qw9zLp2x"),
    ('"password": "%s"', "$ecret" + "Word"),
    ('password = "%s"', "<S3cr3t" + "Pw99!>"),
    ("password=%s", "<S3cr3t" + "Pw99!>"),
    ("password: '%s'", "%S3cr3t" + "Pw99%"),
    ("password=%s", "https://" + "S3cr3t"),
    ("password=${DB_PASSWORD:-%s}", "S3cr3t" + "Pw99x"),
    ('password: "%s"', "correct horse " + "battery staple"),
]


@pytest.mark.parametrize(("form", "value"), REAL)
def test_a_secret_that_has_a_little_of_a_placeholder_is_one(scripted: Redactor, form: str, value: str) -> None:
    _takes(scripted, form % value, value)


@pytest.mark.parametrize("value", [value for _, value in REAL if "api" not in value])
def test_so_is_one_under_a_key(patterns: PatternDetector, value: str) -> None:
    assert ("SECRET", value) in found(patterns.find(value, "password"), value)


def test_a_private_key_that_has_a_word_in_its_base64_is_one(scripted: Redactor) -> None:
    for word in ("your", "example", "xxxxxx"):
        body = _chars(64) + "\n" + _chars(20) + word + _chars(30)
        pem = "-----BEGIN RSA " + f"PRIVATE KEY-----\n{body}\n-----END RSA PRIVATE KEY-----"
        _takes(scripted, f"it is {pem} there", body[-20:], body[:20])
        token = "eyJ" + _chars(30) + ".eyJ" + _chars(20) + word + _chars(30) + "." + _chars(43)
        _takes(scripted, f"it is {token} there", token[-20:], token[:20])


LOOK_ALIKES = [
    "password=$DB_PASSWORD",
    "password = $dbPassword;",
    "password: %DB_PASS%",
    "password=<your-password>",
    "password: <PASSWORD>",
    "password=/run/secrets/db_password",
    "password = https://docs.example.com/reset",
    "password: Optional[str] = None",
    "password = get_password(request)",
    "password=os.getenv('DB_PASSWORD')",
    "password = sha256(user_input)",
    "password: str|None",
    "password: vault:secret/data/db",
    "password={{ vault_password }}",
    "password = {password}",
    "password: '${PASS:-}'",
    '"password": "must be at least eight characters"',
    '"password": "this field is required"',
    '"password": "the usual one"',
    '["password", "username", "email"]',
    "columns = ('token', 'created_at')",
    '<input type="password" name="password">',
    '<label name="password">Your password</label>',
    "- name: DB_PASSWORD\n  valueFrom:\n    secretKeyRef:\n      name: db",
    'variable "db_password" {\n  type = string\n}',
    "passwords1 and tokens: see below",
    "password_hint: the usual one",
    "token_type: bearer-token",
    "token_count_value=1234",
    'api_key = "your-api-key-here"',
    'api_key="my-example-key"',
    "the passwords, secrets and tokens of everybody",
    "secret: string # required",
    "password -> encode(password)",
    "<password>",
    "password reset email was sent 'today'",
    "client_key: customer-42",
    "auth_key = default",
    "getpass.getpass(prompt='Password: ', stream=None)",
    'ask("Password: ", retries)',
    "alert on `a11i_ledger_audit_timestamp_seconds` and `a11i_redaction_withheld_values_total`",
]


@pytest.mark.parametrize("text", LOOK_ALIKES)
def test_leaves_what_assigns_no_secret(patterns: PatternDetector, text: str) -> None:
    assert found(patterns.find(text, ""), text) == []


@pytest.mark.parametrize(
    "unit",
    [
        "password=(",
        "password='",
        'password="""',
        r"password=\"x",
        "password=ab(",
        "password=a,",
        "password=<a",
        'name="password" ',
        "password value=",
        "- name: password ",
        'variable "password" {',
        "'password', ",
        "password: |\n ",
        "password=${a:-",
        "identified by ",
    ],
)
def test_takes_time_that_grows_with_the_text_alone(patterns: PatternDetector, unit: str) -> None:
    text = unit * (300_000 // len(unit))
    patterns.find(text, "", Budget(2.0))
