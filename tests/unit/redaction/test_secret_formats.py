"""More forms of secrets, in what people and programs write around them; placeholders and prose stay."""

import random
import string

import pytest

from a11i_redaction.detectors.patterns import PatternDetector
from a11i_redaction.detectors.secrets import FORMATS
from a11i_redaction.detectors.vendor_formats import VENDOR_FORMATS
from tests.unit.redaction.redaction_kit import found

_RNG = random.Random(17)  # noqa: S311  (fake keys that are the same in each run)
_ALNUM = string.ascii_letters + string.digits
_HEX = "0123456789abcdef"
_UPPER = string.ascii_uppercase + string.digits


def _chars(count: int, alphabet: str = _ALNUM) -> str:
    """Return so many characters, a letter and a digit among them."""
    return "a1" + "".join(_RNG.choices(alphabet, k=count - 2))


def _upper(count: int) -> str:
    return "A2" + "".join(_RNG.choices(_UPPER, k=count - 2))


def _uuid() -> str:
    return "-".join(_chars(count, _HEX) for count in (8, 4, 4, 4, 12))


# The prefixes are joined at run time, so that no scanner takes this file for a leak.
KEYS = {
    "aws bedrock": "AB" + "SK" + _chars(128),
    "google refresh token": "1/" + "/0" + _chars(60),
    "azure storage, identifiable": _chars(76) + "+AS" + "t" + _chars(6) + "==",
    "azure devops": _chars(76) + "AZ" + "DO" + _chars(4),
    "1password": "op" + "s_eyJ" + _chars(250),
    "tailscale": "ts" + "key-auth-" + _chars(12) + "CNTRL-" + _chars(32),
    "pulumi": "pu" + "l-" + _chars(40, _HEX),
    "neon": "na" + "pi_" + _chars(64, string.ascii_lowercase + string.digits),
    "netlify": "nf" + "p_" + _chars(36),
    "vercel": "vc" + "p_" + _chars(56),
    "prefect": "pn" + "u_" + _chars(36),
    "datadog": "dd" + "app_" + _chars(34),
    "honeycomb": "hc" + "aik_" + _chars(58, string.ascii_lowercase + string.digits),
    "axiom": "xa" + "at-" + _uuid(),
    "sourcegraph": "sg" + "p_" + _chars(16, _HEX) + "_" + _chars(40, _HEX),
    "buildkite": "bk" + "ua_" + _chars(40, _HEX),
    "circleci": "CC" + "IPAT_" + _chars(22) + "_" + _chars(40, _HEX),
    "sonar": "sq" + "p_" + _chars(40, _HEX),
    "crates.io": "ci" + "o" + _chars(32),
    "nuget": "oy" + "2" + _chars(43, string.ascii_lowercase + string.digits),
    "contentful": "CF" + "PAT-" + _chars(43),
    "typeform": "tf" + "p_" + _chars(44) + "_" + _chars(14),
    "adafruit": "ai" + "o_" + _chars(28),
    "hubspot": "pa" + "t-na1-" + _uuid(),
    "plaid": "acc" + "ess-sandbox-" + _uuid(),
    "braintree": "access_" + "token$production$" + _chars(16, _HEX) + "$" + _chars(32, _HEX),
    "asana": "1/" + "1202345678901234:" + _chars(32, _HEX),
    "razorpay": "rzp" + "_live_" + _chars(14),
    "resend": "r" + "e_" + _chars(8) + "_" + _chars(24),
    "mapbox": "sk" + ".eyJ1" + _chars(80) + "." + _chars(22),
    "new relic": "NR" + "AK-" + _upper(27),
    "posthog": "ph" + "x_" + _chars(43),
    "elevenlabs": "s" + "k_" + _chars(48, _HEX),
    "apify": "apify" + "_api_" + _chars(36),
    "e2b": "e2" + "b_" + _chars(40, _HEX),
    "voyage": "p" + "a-" + _chars(43),
    "launchdarkly": "sd" + "k-a1b2c3d4-e5f6-4a5b-8c9d-0123456789ab",
    "launchdarkly mobile": "mo" + "b-a1b2c3d4-e5f6-4a5b-8c9d-0123456789ab",
    "snyk": "sn" + "yk_uat." + _chars(8, _HEX) + "." + _chars(80),
    "together": "tg" + "p_v1_" + _chars(43),
    "hugging face, letters alone": "h" + "f_" + "".join(_RNG.choices(string.ascii_letters, k=34)),
    "github's signed": "gh" + "s_1234567_ey" + "J" + _chars(80) + "." + _chars(300) + "." + _chars(86),
    "gitlab, routable": "gl" + "pat-" + _chars(110) + ".01." + _chars(9, string.digits + "abcdef"),
    "gitlab, without a digit": "gl" + "pat-" + "qWZrtKPLmnbVcXSdFgHJ",
    "google, of a service account": "AQ" + ".Ab8RN6" + _chars(44),
    "azure ad secret": "q~L" + "9Q" + "~" + _chars(34),
    "openai's, named after a project": "s" + "k-acme-" + _chars(20) + "T3Blb" + "kFJ" + _chars(20),
    "fly.io, oauth": "fo" + "1_" + _chars(43),
    "stripe, of an organisation": "sk" + "_org_live_" + _chars(60),
    "slack cookie": "xo" + "xd-" + _chars(120) + "%2B" + _chars(30) + "%3D",
    "telegram": "1234567890:" + "A" + "E" + _chars(33),
    "vault, legacy": "s" + "." + _chars(24),
    "sentry, of an organisation": "snt" + "rys_" + _chars(300) + "_" + _chars(43),
    "clickhouse cloud": "4b" + "1d" + _chars(38),
    "openshift": "sha" + "256~" + _chars(43),
    "harness": "pa" + "t." + _chars(22) + "." + _chars(24) + "." + _chars(20),
    "maxmind": _chars(6) + "_" + _chars(29) + "_m" + "mk",
    "databricks, oauth": "do" + "se" + _chars(32, _HEX),
    "octopus": "AP" + "I-" + _upper(28),
    "grafana, legacy": "ey" + "JrIjoi" + _chars(90),
    "zhipu": _chars(32, _HEX) + "." + _chars(16),
    "cursor": "cr" + "sr_" + _chars(64, _HEX),
    "bitcoin": "xp" + "rv" + "9s21ZrQH143K" + "".join(_RNG.choices("123456789ABCDEFGHJKLMNPQRSTUVWXYZ", k=95)),
}
CARRIERS = ["use {} please.", "export KEY={}", '{{"k": "{}"}}', "https://x.test/?k={}&a=b", "({}).", "键是{}。"]


@pytest.mark.parametrize("vendor", KEYS)
@pytest.mark.parametrize("carrier", CARRIERS)
def test_finds_a_vendors_key_wherever_it_stands(patterns: PatternDetector, vendor: str, carrier: str) -> None:
    text = carrier.format(KEYS[vendor])
    places = {place for finding in patterns.find(text, "") for place in range(finding.start, finding.end)}
    start = text.index(KEYS[vendor])
    assert places >= set(range(start, start + len(KEYS[vendor])))


def test_formats_have_names_of_their_own_and_say_where_they_are_described() -> None:
    assert len({item.name for item in FORMATS}) == len(FORMATS)
    assert all(len(item.source) > 5 for item in FORMATS)
    assert len(VENDOR_FORMATS) >= 60


_WORD = "Tr0ub4dor" + "&3x"
_TOKEN = _chars(32)
_KEY = _chars(64) + "\n" + _chars(30)
OTHERS = [
    (f"The password for the guest wifi is {_WORD}, ask anna.", "SECRET", _WORD),
    (f"The signing secret ({_TOKEN}) is in the vault", "SECRET", _TOKEN),
    (f"and the passphrase {_WORD} are in the vault.", "SECRET", _WORD),
    (f"machine api.example.com login build password {_WORD}", "SECRET", _WORD),
    (f"new PDO('mysql:host=db;dbname=shop', 'shop', '{_WORD}');", "SECRET", _WORD),
    ("password: Lemon1299!", "SECRET", "Lemon1299!"),
    (f"client_secret={_TOKEN}&grant_type=client_credentials", "SECRET", _TOKEN),
    (f"Driver={{SQL Server}};Server=db;Uid=sa;Pwd={{a;b{_WORD}}};", "SECRET", f"a;b{_WORD}"),
    (f"Data Source=db;User ID=app;Password={_WORD};Encrypt=True", "SECRET", _WORD),
    (f"jdbc:postgresql://db/app?user=app&password={_TOKEN}&ssl=true", "SECRET", _TOKEN),
    (f"jdbc:oracle:thin:scott/{_TOKEN}@//db:1521/x", "URL_CREDENTIALS", f"scott/{_TOKEN}"),
    (f"postgres://app:p@ss{_TOKEN}@db.internal:5432/x", "URL_CREDENTIALS", f"app:p@ss{_TOKEN}"),
    (f"git clone https://{_TOKEN}@git.example.com/a.git", "URL_CREDENTIALS", _TOKEN),
    (f"sshpass -p '{_WORD}' ssh root@host", "SECRET", _WORD),
    (f"docker login -u me -p {_WORD} registry.test", "SECRET", _WORD),
    (f"mysql -u root -p'{_WORD}'", "SECRET", _WORD),
    (f"PGPASSWORD={_WORD} psql -h db", "SECRET", _WORD),
    (f"Cookie2 x; PHPSESSID={_TOKEN}; lang=de", "SECRET", _TOKEN),
    (f"Passwort: {_WORD}", "SECRET", _WORD),
    (f"mot de passe : {_WORD}", "SECRET", _WORD),
    (f"contraseña: {_WORD}", "SECRET", _WORD),
    (f"пароль: {_WORD}", "SECRET", _WORD),
    (f"//registry.example.com/:_authToken={_TOKEN}", "SECRET", _TOKEN),
    (f"x-vault-token: {_TOKEN}", "SECRET", _TOKEN),
    (f"aws_secret_access_key = {(aws := _chars(38) + '/+')}", "SECRET", aws),
    ("your verification code is 482913, valid for", "SECRET", "482913"),
    ("the PIN is 4821.", "SECRET", "4821"),
    ("otp: 004821", "SECRET", "004821"),
    ("your security code is 482913", "SECRET", "482913"),
    (f"seed phrase: {(seed := ' '.join(['apple', 'river', 'stone'] * 4))}", "SECRET", seed),
    (
        f"{(pgp := '-----BEGIN ' + 'PGP PRIVATE KEY BLOCK-----' + chr(10) + 'Version: GnuPG v2.0.22' + chr(10) * 2)}"
        f"{_KEY}\n=ab12\n-----END PGP PRIVATE KEY BLOCK-----",
        "PRIVATE_KEY",
        f"{pgp}{_KEY}\n=ab12\n-----END PGP PRIVATE KEY BLOCK-----",
    ),
    (f"Private-Lines: 2\n{_KEY}\n", "PRIVATE_KEY", f"{_KEY}\n"),
]


@pytest.mark.parametrize(("text", "entity", "value"), OTHERS, ids=[text[:28] for text, _, _ in OTHERS])
def test_finds_what_a_program_or_a_sentence_gives_away(
    patterns: PatternDetector, text: str, entity: str, value: str
) -> None:
    assert (entity, value) in found(patterns.find(text, ""), text)


_SPELLED = "x" * 24
NEAR_MISSES = [
    f"sk-ant-api03-{_SPELLED}", "sk-ant-api03-YOUR_KEY_HERE_1234567", f"LTAI5t{_SPELLED}", f"ya29.{_SPELLED}1",
    "AKIA" + "IOSFODNN7" + "EXAMPLE", "ghp_" + "0" * 36, "sk-proj-********************1", "hf_...",
    "glpat-<your-token>",
    "keys begin with sk-, pk_live_ or ghp_, as the docs say", "secret_key = os.environ['API_TOKEN']",
    "password = config.get('password')", "password = password", "db_password=new_password", "{{ vault.password }}",
    "password: $(cat token.txt)", "api_key=settings.SECRET_KEY", "secret_key: /run/secrets/key_1",
    "The password must be at least 12 characters and is case sensitive.", "the token limit of gpt-4o is 128000",
    "a secret that everybody knows is not worth much", "token count is 4096 and max_tokens is 1024",
    "password reset for user 4711 was requested", "the api key page is https://example.com/keys1",
    "glpat-" + "ThisIsNoTokenBecauseOfItsWords",
    "GPIO pin 13 and pin 7", "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    "sha512-" + "abcd1234" * 10 + "==", "commit 3f2a9c0d1e4b5a6978877665544332211ffeeddcc and token_count: 3",
]  # fmt: skip


@pytest.mark.parametrize("text", NEAR_MISSES)
def test_leaves_placeholders_references_and_prose(patterns: PatternDetector, text: str) -> None:
    assert found(patterns.find(text, ""), text) == []


@pytest.mark.parametrize("prefix", ["sk-" + "proj-", "sk-" + "ant-api-", "g" + "sk_", "pp" + "lx-"])
def test_a_random_key_without_a_digit_is_found(patterns: PatternDetector, prefix: str) -> None:
    """One key of 48 in some four thousand is of letters alone."""
    rng = random.Random(5)  # noqa: S311  (fake keys that are the same in each run)
    keys = [prefix + "".join(rng.choices(string.ascii_letters, k=48)) for _ in range(500)]
    findings = patterns.find("\n".join(f"with key {key}, pay" for key in keys), "")
    assert len(findings) >= 499
