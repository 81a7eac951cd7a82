"""Hashes of passwords, and secrets in commands, calls, headers, links and files, as agents' tools show them."""

import base64
import random
import string

import pytest

from a11i_redaction.detectors.patterns import PatternDetector
from a11i_redaction.pipeline import Redactor
from tests.unit.redaction.redaction_kit import TENANT, ScriptedModel, found, redactor_with

_RNG = random.Random(17)  # noqa: S311  (fake keys that are the same in each run)
_HEX = "0123456789abcdef"
_CRYPT = "./" + string.ascii_letters + string.digits


def _chars(count: int, alphabet: str = string.ascii_letters + string.digits) -> str:
    return "a1B" + "".join(_RNG.choices(alphabet, k=count - 3))


_WORD = "Hunter" + "2pw9x"
_TOKEN = _chars(32)
_KEY = _chars(40)
_LOGIN = base64.b64encode(f"bob:{_WORD}".encode()).decode()
_HASH = _chars(40, _HEX[:8]).lower()


@pytest.fixture(scope="module")
def scripted(patterns: PatternDetector) -> Redactor:
    """Real patterns, and a model that knows no name."""
    return redactor_with(patterns, ScriptedModel({}))


def _takes(redactor: Redactor, text: str, *parts: str) -> None:
    """Assert that nothing of these is left of a text, and that what is left settles."""
    [redacted] = redactor.redact_texts([text], TENANT)
    assert not [part for part in parts if part in redacted.text], redacted.text[:400]
    assert redactor.redact_texts([redacted.text], TENANT)[0].text == redacted.text


HASHES = {
    "bcrypt": "$2b$12$" + _chars(53, _CRYPT),
    "bcrypt of PHP": "$2y$10$" + _chars(53, _CRYPT),
    "md5crypt": "$1$" + _chars(8) + "$" + _chars(22, _CRYPT),
    "apache": "$apr1$" + _chars(8) + "$" + _chars(22, _CRYPT),
    "sha256crypt": "$5$rounds=5000$" + _chars(16) + "$" + _chars(43, _CRYPT),
    "sha512crypt": "$6$" + _chars(8) + "$" + _chars(86, _CRYPT),
    "yescrypt": "$y$j9T$" + _chars(22, _CRYPT) + "$" + _chars(43, _CRYPT),
    "scrypt of crypt": "$7$C6..../....Sodium" + _chars(8) + "$" + _chars(43, _CRYPT),
    "phpass": "$P$B" + _chars(30, _CRYPT),
    "drupal": "$S$D" + _chars(51, _CRYPT),
    "argon2": "$argon2id$v=19$m=65536,t=3,p=4$" + _chars(22) + "$" + _chars(43),
    "scrypt": "$scrypt$ln=16,r=8,p=1$" + _chars(22) + "$" + _chars(43),
    "passlib": "$pbkdf2-sha512$25000$" + _chars(22, _CRYPT) + "$" + _chars(86, _CRYPT),
    "django": "pbkdf2_sha256$260000$" + _chars(22) + "$" + _chars(43) + "=",
    "werkzeug": "pbkdf2:sha256:600000$" + _chars(16) + "$" + _chars(64, _HEX).lower(),
    "werkzeug scrypt": "scrypt:32768:8:1$" + _chars(16) + "$" + _chars(128, _HEX).lower(),
    "directory": "{SSHA}" + _chars(38) + "==",
    "scram": "SCRAM-SHA-256$4096:" + _chars(22) + "==$" + _chars(43) + "=:" + _chars(43) + "=",
    "mysql": "*" + _chars(40, "0123456789ABCDEF").upper(),
    "windows": _chars(32, _HEX) + ":" + _chars(32, _HEX) + ":::",
}


@pytest.mark.parametrize("kind", HASHES)
@pytest.mark.parametrize(
    "carrier", ["{}", "bob:{}:19000:0:99999:7:::", '{{"hash": "{}", "user": "bob"}}', "| bob | {} | x |", "it is {}."]
)
def test_takes_the_hash_of_a_password(scripted: Redactor, kind: str, carrier: str) -> None:
    if kind == "windows" and ":19000" in carrier:
        carrier = "bob:1001:{}"
    value = HASHES[kind]
    _takes(scripted, carrier.format(value), value[-20:], value[-50:-10])


@pytest.mark.parametrize(
    "form", ['{{"password_hash": "{}"}}', "passwordHash={}", "pwd_hash: '{}'", "password hash: {}"]
)
@pytest.mark.parametrize("value", [_HASH, "md5" + _HASH[:32]])
def test_takes_what_is_called_the_hash_of_a_password(scripted: Redactor, form: str, value: str) -> None:
    _takes(scripted, form.format(value), value)


COMMANDS = [
    "mysql -u root -p%s app",
    "mariadb-dump -uroot '-p%s' app",
    "subprocess.run(['mysql', '-u', 'root', '-p%s'])",
    'CMD ["mysqladmin", "ping", "-p%s"]',
    "run(['docker', 'login', '-u', 'bob', '-p', '%s'])",
    "['redis-cli', '-h', 'r', '-a', '%s', 'ping']",
    "['redis-cli',\n  '-a',\n  '%s']",
    "redis-cli -h cache -p 6380 -a %s INFO",
    "redis-cli --pass %s INFO",
    "sshpass -p %s ssh h",
    "sshpass -p %s ssh -p 2222 h",
    "sshpass -v -p%s ssh -p 2222 h",
    "ldapsearch -h ldap.corp -p 389 -x -w %s -b dc=corp",
    "ldapwhoami -x -w%s",
    "sqlcmd -S srv -w 200 -P %s -Q 'SELECT 1'",
    "bcp db.t out f -S srv -U bob -P %s -a 4096",
    "mongosh --port 27018 -u bob -p %s",
    "mongodump --password=%s",
    "cf login -a api.corp.test -u bob -p %s",
    "helm registry login r.test -u bob -p %s",
    "unrar x -p%s a.rar",
    "unzip -P %s a.zip",
    "curl -sSubob:%s https://h/x",
    "['curl', '-u', 'bob:%s', 'https://h']",
    "curl -U bob:%s https://h",
    "curl -x p --proxy-user bob:%s https://h",
    "curl --oauth2-bearer %s https://h",
    "curl -s -b 'session=%s; x=y' https://h",
    "http -a bob:%s GET h",
    "https --auth=bob:%s GET h",
    "zip -r -P %s a.zip b",
    "7z x -p%s a.7z",
    "openssl enc -d -aes-256-cbc -k %s -in f",
    "ssh-keygen -t ed25519 -N '%s' -f k",
    "smbclient //h/s -U bob%%%s",
    r"net use Z: \\h\s %s /user:bob",
    "xfreerdp /u:bob /p:%s /v:h",
    "echo %s | docker login -u bob --password-stdin",
    "echo '%s' | sudo -S ls",
    "printf '%%s' '%s' | sudo -S apt update",
    "echo 'bob:%s' | chpasswd",
    "htpasswd -b f bob %s",
    "htpasswd -nbB -C 10 bob %s",
    "useradd -m -p '%s' bob",
    "rabbitmqctl add_user bob %s",
    "gh secret set FOO --body '%s'",
    "::add-mask::%s",
    "poetry config http-basic.corp bob %s",
    "poetry config pypi-token.corp %s",
    "$p = ConvertTo-SecureString '%s' -AsPlainText -Force",
    "pymysql.connect('db', 'app', '%s', 'x')",
    "requests.get(u, auth=('bob', '%s'))",
    "HTTPBasicAuth('bob', \"%s\")",
    "server.login('bob', '%s')",
    "client.connect('h', 22, 'bob', '%s')",
    "SELECT crypt('%s', gen_salt('bf'))",
    'expect "Password:"\nsend "%s\\r"',
    "[sudo] password for bob: %s",
    "Enter passphrase for key '/srv/bob/.ssh/id': %s",
    "AWS Secret Access Key [None]: %s",
]


@pytest.mark.parametrize("command", COMMANDS)
def test_takes_the_secret_of_a_command_or_a_call(scripted: Redactor, command: str) -> None:
    value = _KEY if "AWS" in command else _WORD
    _takes(scripted, "$ " + command % value, value)


PLACES = [
    ("Authorization: %s", _TOKEN),
    ("curl -H 'Authorization: ApiKey %s' https://h", _LOGIN),
    ('Authorization: Digest username="bob", realm="x", response="%s"', _HASH[:32]),
    ("Authorization: AWS4-HMAC-SHA256 Credential=x/s3/aws4_request, SignedHeaders=host, Signature=%s", _HASH),
    ("https://d1.cloudfront.net/a?Expires=1700000000&Signature=%s__&Key-Pair-Id=K2JC", _chars(80)),
    ("https://storage.googleapis.com/b/o?X-Goog-Signature=%s", _HASH * 4),
    ("GET /callback?code=4/0A%s&state=xyz HTTP/1.1", _chars(60)),
    ("code_verifier=%s&grant_type=authorization_code", _chars(64)),
    ("https://app.test/reset-password/%s", _TOKEN),
    ("https://app.test/invite?key=%s", _TOKEN),
    ("app.test\tTRUE\t/\tTRUE\t1700000000\tsid\t%s", _TOKEN),
    ("next-auth.session-token\t%s\tapp.test\t/", _TOKEN),
    ("WIFI:S:home;T:WPA;P:%s;;", _WORD),
    ("WIFI:P:%s;T:WPA;S:home;H:true;;", _WORD),
    (r"WIFI:T:WPA2-EAP;S:a\;b P:c\\;E:PEAP;PH2:MSCHAPV2;I:bob;P:%s;;", _WORD),
    ("WIFI:S:home;;P:%s;;", _WORD),
    ("AKIA" + _chars(16).upper() + ",%s\n", _KEY),
    ("CREDENTIALS\tASIA" + _chars(16).upper() + "\t2024-01-01T00:00:00Z\t%s", _KEY),
    ("is FwoGZXIvYXdzE%s there", _chars(300)),
    ("TOTP secret: %s", "JBSW Y3DP " * 3 + "JBSW"),
    ("_auth=%s", _LOGIN),
    ("machine api.test\n\tpassword %s\n", "tr0ub" + "4dor"),
    ('npmAuthIdent: "bob:%s"', _WORD),
    ("https://api.telegram.org/bot123456789:AA%s/sendMessage", _chars(33)),
]


@pytest.mark.parametrize(("text", "value"), PLACES, ids=[text[:40] for text, _ in PLACES])
def test_takes_a_secret_that_its_place_tells(scripted: Redactor, text: str, value: str) -> None:
    _takes(scripted, text % value, value)


LOOK_ALIKES = [
    "awk '{print $1$2$5}' | sed 's/$1$/x/'",
    "echo $6$7 and $2b",
    "the price is $5$ or $1$a$b",
    "*bold* and *A94A8FE5CCB19BA61C4C0873D391E987982FBBD3*",
    "{SHA} and {MD5} are schemes of RFC 2307",
    "scrypt:32768:8:1 and pbkdf2_sha256 with 260000 rounds",
    "password_hash: bcrypt, cost 12",
    "password hash is computed with argon2id",
    "sha256$ is a prefix",
    "unzip -p archive.zip file.txt",
    "mysql -u root -p app",
    "mysql -u root -p$MYSQL_PASSWORD app",
    "mysql -h db -P 3306",
    "redis-cli -h cache -p 6380 INFO",
    "redis-cli -p 6380 --scan",
    "redis-cli -h cache ping; cp -a source target",
    "ldapsearch -h ldap.corp -p 389 -x",
    "ldapsearch -a always -P 3 -b dc=corp",
    "sqlcmd -S srv -w 200",
    "sqlcmd -S srv -a 4096 -p 1",
    "bcp db.t out f -S srv -w -a 4096",
    "sshpass -f file ssh -p 2222 h",
    "mongosh --port 27018 -w majority",
    "mongodump -h db:27018 -a all",
    "cf login -a api.corp.test -w 200 -P 3306",
    "docker login -a abcdef",
    "7z x -Pabcdef a.7z",
    "unzip -pabc a.zip",
    "docker run -p 8080:80 --user 1000:1000 image",
    "docker login -u bob --password-stdin < file",
    "curl -sSu $USER:$PASS https://h",
    "curl -b cookies.txt -c cookies.txt https://h",
    "ssh-keygen -t ed25519 -N '' -f key",
    "openssl enc -d -aes-256-cbc -kfile secret.key -in f",
    "echo $TOKEN | docker login --password-stdin",
    "echo done | tee log && sudo -S true",
    "grep login -A 3 file",
    "requests.get(u, auth=('user', 'pass'))",
    "auth=(username, password)",
    "self.login(user, password)",
    "sock.connect(('localhost', 8080))",
    "the gh secret set command takes --body",
    "Authorization: Bearer <token>",
    "Authorization: required for each of the requests",
    "the authorization: see RFC 9110",
    "GET /search?code=NOT_FOUND_IN_ANY_OF_THEM&x=1",
    "Status(code=code_pb2.INVALID_ARGUMENT)",
    "error_code=E1234567890123456789 is documented",
    "/verify/the-address-of-the-customer-again",
    "https://app.test/reset-password?lang=en",
    "_auth=required, auth: basic",
    "auth = HMACSHA256Authenticator",
    "session\ttoken\tauth",
    "X-Goog-Signature and Signature= are its parameters",
    "AKIA is how ids of access keys begin",
    "machine learning and a password reset",
    "expect the password, then send 'yes'",
    "AUTH PLAIN is a mechanism of RFC 4954",
]


@pytest.mark.parametrize("text", LOOK_ALIKES)
def test_leaves_what_holds_none(patterns: PatternDetector, text: str) -> None:
    assert found(patterns.find(text, ""), text) == []


@pytest.mark.parametrize(
    "unit",
    [
        "mysql -u ",
        "curl -x ",
        "echo a | ",
        "$6$abc$",
        "AKIA",
        "/reset/",
        "Authorization: ",
        "code=",
        "x\tTRUE\t",
        "WIFI:P:n ",
        "authorization=PFzi-4G1",
    ],
)
def test_takes_time_that_grows_with_the_text_alone(unit: str) -> None:
    finder = PatternDetector(budget_s=2.0)
    for text in (unit * (300_000 // len(unit)), (unit + "\n") * (300_000 // len(unit))):
        finder.find(text, "")


@pytest.mark.parametrize("unit", ["kty\nd: a\n", "{kty", "kty}", "{'kty': 'RSA', d: a}\n", "kind: Secret\n---\n"])
def test_takes_little_time_where_structures_only_begin(unit: str) -> None:
    PatternDetector(budget_s=0.5).find(unit * (300_000 // len(unit)), "")


@pytest.mark.parametrize(
    "unit",
    [
        'curl -b "', "curl ", "curl -u ", "mysql ", "mysql -p", "redis-cli ", "https -a ", "-b a=bcde ",
        "curl\n-b a=bcde ", "curl | -b a=bcde ", "mysql; -pabc ",
        "gh secret set -b ", '"type": "random_password" ', "random_password.", "1> AUTH ", "ACL SETUSER a >",
    ],
)  # fmt: skip
def test_takes_little_time_where_commands_only_begin(unit: str) -> None:
    PatternDetector(budget_s=0.6).find("curl mysql " + unit * (300_000 // len(unit)), "")


@pytest.mark.parametrize(
    "unit", ["smbclient ", "smbclient -U ", "xfreerdp ", "xfreerdp /u:a ", "useradd ", "usermod -a "]
)
def test_a_command_that_is_repeated_is_looked_up_once(unit: str) -> None:
    PatternDetector(budget_s=0.2).find(unit * (300_000 // len(unit)), "")


@pytest.mark.parametrize("unit", ["zip -P ", "openssl -k "])
def test_passwords_of_a_command_that_is_repeated_take_little_time(unit: str) -> None:
    PatternDetector(budget_s=1.0).find(unit * (300_000 // len(unit)), "")


@pytest.mark.parametrize("unit", ["WIFI:a;P:a", "WIFI:S:a;P:a", "WIFI:S:a;P:abcd;", "WIFI:P:a;"])
def test_codes_of_wifi_that_run_into_each_other_settle_soon(patterns: PatternDetector, unit: str) -> None:
    redactor = redactor_with(patterns, ScriptedModel({}), max_value_chars=2_000_000)
    [redacted] = redactor.redact_texts([unit * (100_000 // len(unit))], TENANT)
    assert redacted.withheld == 0
