"""What looks like PII or a secret and has to stay."""

import base64
import random
import uuid
from collections.abc import Callable, Mapping
from typing import Final

from tests.bench.redaction.check_digits import luhn
from tests.bench.redaction.labels import KEEP, Drawn
from tests.bench.redaction.national_ids import digits, iban_check

_CROCKFORD: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_PRODUCTS: Final = [
    "Postgres 16",
    "React Native",
    "Kubernetes",
    "Apache Kafka",
    "Claude Sonnet",
    "GPT-4o mini",
    "Visual Studio Code",
    "Raspberry Pi 5",
    "Galaxy S24 Ultra",
    "ThinkPad X1 Carbon",
    "Windows Server 2022",
    "Ruby on Rails",
    "Jenkins",
    "Elasticsearch",
    "Mercury 2.0",
]
_IDENTIFIERS: Final = [
    "getUserEmail()",
    "first_name",
    "MAX_TOKENS_PER_REQUEST",
    "phone_number_validator",
    "customerAddress",
    "is_card_valid",
    "PasswordResetForm",
    "UserFactory.create_batch",
    "std::vector::iterator",
    "com.example.auth.TokenStore",
    "parse_iban",
    "__init__",
    "api_key_header",
    "ssn_column",
    "JohnsonAlgorithm",
    "DijkstraRouter",
    "self.secret_name",
]
_REFERENCES: Final = [
    "os.environ['API_TOKEN']",
    "${DB_PASSWORD}",
    "{{ vault.password }}",
    "process.env.SECRET_KEY",
    "<password>",
    "changeme",
    "settings.SECRET_KEY",
    "$(cat token.txt)",
    "required",
    "********",
    "config.get('password')",
    "null",
]


def _luhn_broken(rng: random.Random) -> str:
    body = "4" + digits(rng, 14)
    number = body + str((int(luhn(body)) + rng.randrange(1, 9)) % 10)
    return rng.choice([number, " ".join(number[start : start + 4] for start in range(0, 16, 4))])


def _iban_broken(rng: random.Random) -> str:
    account = digits(rng, 18)
    check = (int(iban_check("DE", account)) + 1) % 97
    return f"DE{check:02d}{account}"


def _ulid(rng: random.Random) -> str:
    return "01" + "".join(rng.choices(_CROCKFORD, k=24))


def _date(rng: random.Random) -> str:
    year, month, day = rng.randrange(1990, 2027), rng.randrange(1, 13), rng.randrange(1, 29)
    return rng.choice(
        ["{0}-{1:02d}-{2:02d}", "{2:02d}.{1:02d}.{0}", "{1:02d}/{2:02d}/{0}", "{0}{1:02d}{2:02d}"]
    ).format(year, month, day)


def _documentation_ip(rng: random.Random) -> str:
    net = rng.choice(["192.0.2", "198.51.100", "203.0.113"])
    return rng.choice([f"{net}.{rng.randrange(1, 255)}", "127.0.0.1", "0.0.0.0", "2001:db8::1", "::1"])  # noqa: S104  (a text)


_MAKERS: Final[Mapping[str, Callable[[random.Random], str]]] = {
    "uuid": lambda rng: str(uuid.UUID(int=rng.getrandbits(128), version=4)),
    "sha1": lambda rng: f"{rng.getrandbits(160):040x}",
    "sha256": lambda rng: f"{rng.getrandbits(256):064x}",
    "md5": lambda rng: f"{rng.getrandbits(128):032x}",
    "commit": lambda rng: f"{rng.getrandbits(28):07x}",
    "trace": lambda rng: f"00-{rng.getrandbits(128):032x}-{rng.getrandbits(64):016x}-01",
    "ulid": _ulid,
    "version": lambda rng: f"{rng.randrange(1, 30)}.{rng.randrange(99)}.{rng.randrange(400)}",
    "version_four": lambda rng: f"v{rng.randrange(1, 140)}.{rng.randrange(9)}.{rng.randrange(250)}.{rng.randrange(99)}",
    "package": lambda rng: rng.choice(["react@18.{}.0", "@types/node@20.{}.1", "lodash@4.17.{}"]).format(
        rng.randrange(30)
    ),
    "order": lambda rng: rng.choice(["ORD-{}", "#{}", "{}", "PO {}"]).format(digits(rng, 9, "123")),
    "invoice": lambda rng: f"INV-{rng.randrange(2020, 2027)}-{digits(rng, 6)}",
    "tracking": lambda rng: rng.choice([f"1Z999AA1{digits(rng, 10)}", f"00340{digits(rng, 15)}"]),
    "sku": lambda rng: f"{rng.choice(['AB', 'KX', 'TR'])}-{digits(rng, 4)}-{rng.choice('BLRW')}{digits(rng, 2)}",
    "ticket": lambda rng: f"{rng.choice(['OPS', 'CORE', 'WEB'])}-{digits(rng, 5, '123456789')}",
    "epoch": lambda rng: str(1_600_000_000_000 + rng.randrange(10**11)),
    "epoch_ns": lambda rng: str(1_600_000_000_000_000_000 + rng.randrange(10**17)),
    "date": _date,
    "datetime": lambda rng: f"2026-{rng.randrange(1, 13):02d}-11T{rng.randrange(24):02d}:17:{rng.randrange(60):02d}Z",
    "isbn": lambda rng: f"978-{rng.randrange(10)}-{digits(rng, 2)}-{digits(rng, 6)}-{rng.randrange(10)}",
    "card_broken": _luhn_broken,
    "iban_broken": _iban_broken,
    "ssn_broken": lambda rng: rng.choice(["000", "666", "900"]) + f"-{digits(rng, 2, '1234')}-{digits(rng, 4)}",
    "doc_ip": _documentation_ip,
    "product": lambda rng: rng.choice(_PRODUCTS),
    "identifier": lambda rng: rng.choice(_IDENTIFIERS),
    "reference": lambda rng: rng.choice(_REFERENCES),
    "image": lambda rng: base64.b64encode(b"\x89PNG\r\n\x1a\n" + rng.randbytes(60)).decode(),
    "remote": lambda rng: f"git@git.example.com:team{rng.randrange(9)}/service.git",
    "price": lambda rng: f"{rng.randrange(1, 999)},{digits(rng, 3)}.{digits(rng, 2)}",
    "amount": lambda rng: f"{rng.randrange(1, 99)} {digits(rng, 3)} {digits(rng, 3)}",
    "coordinates": lambda rng: f"{rng.uniform(-80, 80):.6f}, {rng.uniform(-170, 170):.6f}",
    "decimal": lambda rng: f"0.{digits(rng, 16)}",
    "cron": lambda rng: f"{rng.randrange(60)} {rng.randrange(24)} * * 1-5",
    "hexdump": lambda rng: " ".join(f"{rng.randrange(256):02x}" for _ in range(12)),
    "range": lambda rng: f"{digits(rng, 4, '123')}-{digits(rng, 4, '456')}",
    "build": lambda rng: f"{rng.randrange(2020, 2027)}{digits(rng, 4)}.{rng.randrange(1, 40)}",
    "colour": lambda rng: f"#{rng.getrandbits(24):06x}",
    "digest": lambda rng: f"sha512-{base64.b64encode(rng.randbytes(64)).decode()}",
}
LOOKALIKES: Final = tuple(_MAKERS)


def lookalike(rng: random.Random, kind: str) -> Drawn:
    """Return a look-alike of that kind."""
    return Drawn(KEEP, _MAKERS[kind](rng), kind)
