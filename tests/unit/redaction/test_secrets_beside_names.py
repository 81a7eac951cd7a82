"""A secret goes that stands beside or below its name without a sign, far from it, wrapped or spelt; code stays."""

import random
import string

import pytest

from a11i_redaction.detectors.patterns import PatternDetector
from a11i_redaction.pipeline import Redactor
from tests.unit.redaction.redaction_kit import TENANT, ScriptedModel, found, redactor_with

_RNG = random.Random(23)  # noqa: S311  (fake keys that are the same in each run)
_WORD = "Hunter" + "2pw9x"
_TOKEN = "a1" + "".join(_RNG.choices(string.ascii_letters + string.digits, k=30))


@pytest.fixture(scope="module")
def scripted(patterns: PatternDetector) -> Redactor:
    """Real patterns, and a model that knows no name."""
    return redactor_with(patterns, ScriptedModel({}))


def _takes(redactor: Redactor, text: str, *parts: str) -> None:
    [redacted] = redactor.redact_texts([text], TENANT)
    assert not [part for part in parts if part in redacted.text], redacted.text[:400]
    assert redactor.redact_texts([redacted.text], TENANT)[0].text == redacted.text


FORMS = [
    # Beside it.
    "password\t%s",
    "user\tbob\npassword\t%s\nhost\tdb",
    "Key         Value\n---         -----\npassword    %s\nusername    bob\n",
    "* api_key\t%s\n",
    "Secret Access Key  %s",
    # Below it.
    "Password:\n  %s",
    "Password:\n\n      %s\n",
    "**Password**\n\n%s\n",
    "Your password is\n\n%s\n",
    "API key:\n\n    %s\n",
    "Your new token is:\n```\n%s\n```\n",
    "## API Key\n\n`%s`\n",
    # Behind a directive.
    "FROM x\nENV DB_PASSWORD %s\nRUN y",
    'ENV DB_PASSWORD "%s"',
    "    ENV API_TOKEN  %s",
    "setenv DB_PASSWORD %s",
    "set -gx API_KEY %s",
    "SetEnv DB_PASSWORD %s",
    "git config --global http.token %s",
    "requirepass %s",
    "redis-cli config set masterauth %s",
    "proxy_set_header X-Api-Key %s;",
    # Far from it, wrapped, spelt.
    '      + password                  = "%s"',
    "SECRET:         %s",
    "password: Some(\"%s\")",
    "Config(secret=SecretStr('%s'))",
    "map[Accept:[*/*] X-Api-Key:[%s]]",
    'token: String::from("%s")',
    'api_token = <<EOT\n%s\nEOT\n',
    # Other names of it.
    "SMTP_PASS=%s",
    "ansible_become_pass: %s",
    ";old_pass=%s",
    "mail-pw: %s",
    "device_code=%s",
    # Other languages.
    "Das Passwort lautet %s",
    "le mot de passe est %s",
    "la contraseña es %s",
]  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_takes_a_value_that_belongs_to_a_name(scripted: Redactor, form: str) -> None:
    _takes(scripted, form % _TOKEN, _TOKEN)
    if not any(word in form.lower() for word in ("token", "key", "device", "secret")):
        _takes(scripted, form % _WORD, _WORD)


@pytest.mark.parametrize("form", ["ENV MYSQL_ROOT_PASSWORD %s", "requirepass %s"])
def test_takes_words_where_nothing_else_can_stand(scripted: Redactor, form: str) -> None:
    _takes(scripted, form % "supersecretpass", "supersecretpass")


@pytest.mark.parametrize("form", ["password: %s", "the password is %s", "pw = %s\nuser = bob"])
def test_takes_a_password_that_is_spelt_sign_by_sign(scripted: Redactor, form: str) -> None:
    _takes(scripted, form % " ".join(_WORD), " ".join(_WORD)[:9], " ".join(_WORD)[-9:])


LOOK_ALIKES = [
    "password\tusername\temail",
    "name\ttype\npassword\tvarchar(60)\n",
    "Package          Version\npython-token     1.2.3\ndjango-password  4.0.1.post1\n",
    "NAME            TYPE\ndefault-token   kubernetes.io/service-account-token\n",
    "Choose a password\n\nIt has at least 12 characters.\n",
    "## Password\n\nChoose-a-long-one\n",
    "### Token\n\n`count_tokens`\n",
    "the secret\nof the house",
    "    password:\n      valueFrom:\n        secretKeyRef:\n          name: db1\n",
    "secrets:\n  - source: app_secret_1\n",
    'def of(self) -> Token:\n    """Return the token that follows 2Further on."""',
    "ENV token is set, ARG secret is not",
    "ENV PASSWORD_FILE /run/secrets/db1",
    "first_pass = 1234",
    "forward_pass: 0.1234",
    "num_passes=1000",
    "one-pass: yes",
    "password = str(password)",
    "password: Optional[SecretStr] = None",
    "token: list[Token] = []",
    'r"(?P<token>[A-Za-z0-9_]{20,})"',
    "la contraseña es obligatoria",
    "le mot de passe est incorrect",
    "Das Passwort ist falsch",
    "password: a b c d e f",
    "token: 1 2 3 4 5 6 7 8",
    # Code that only names them.
    "self.user, self.password = user, password\n",
    "login, account, password = auth_from_netrc\n",
    "userid = passwd = acct = ''",
    "passwd = _raw_input(prompt, stream, input=input)\nif x: Name(Other, 12)",
    "token = base64.b64decode(text + '==', b'-_', validate=True)",
    "token = _LAYOUT.pack(a, b)",
    "api_key = _sdk_client.os.environ.get('X')",
    "password = await password\n",
    "password=lambda: None,",
    'credentials: "str | Mapping[str, object] | None"',
    'api_key=f"Bearer {token}"',
    'print("shlex: token=" + repr(raw))',
    "metadata `authorization: Bearer <admin token>`, the token of the service's settings; `x`",
]


@pytest.mark.parametrize("text", LOOK_ALIKES)
def test_leaves_what_is_none(patterns: PatternDetector, text: str) -> None:
    assert found(patterns.find(text, ""), text) == []


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (f"user=bob, password = {_WORD}, host=db", _WORD),
        (f"password = {_WORD}\nuser = bob", _WORD),
        (f"password = ab2({_WORD}", f"ab2({_WORD}"),
    ],
)
def test_still_takes_what_looks_a_little_like_code(patterns: PatternDetector, text: str, value: str) -> None:
    assert ("SECRET", value) in found(patterns.find(text, ""), text)


@pytest.mark.parametrize(
    "unit", ["password\t", "password  ", "password\n", "password\t\n", "## API Key\n\n", "token:\n", "a b "]
)
def test_takes_time_that_grows_with_the_text_alone(unit: str) -> None:
    finder = PatternDetector(budget_s=2.0)
    finder.find("password: " + unit * (300_000 // len(unit)), "")
