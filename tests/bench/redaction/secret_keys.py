"""Keys and tokens in the formats that their vendors publish. Put together here, so that this file holds none."""

import base64
import json
import random
import string
from collections.abc import Callable, Mapping
from typing import Final

from tests.bench.redaction.labels import Drawn

_ALNUM: Final = string.ascii_letters + string.digits
_HEX: Final = "0123456789abcdef"
_UPPER: Final = string.ascii_uppercase + string.digits
_B32: Final = string.ascii_uppercase + "234567"
_URL: Final = _ALNUM + "_-"
_B64: Final = _ALNUM + "+/"

_ALPHABETS: Final = {"a": _ALNUM, "h": _HEX, "u": _UPPER, "b": _B32, "l": string.ascii_lowercase + string.digits,
                     "w": _URL, "s": _B64, "d": string.digits}  # fmt: skip

# A tuple is a prefix and then pairs (alphabet and length, text behind it), joined when a value is drawn.
_FORMATS: Final[Mapping[str, tuple[str, ...]]] = {
    "OpenAI project": ("sk-pr", "oj-", "w74", "T3Bl" "bkFJ", "w74"),
    "OpenAI service account": ("sk-svc", "acct-", "w58", "T3Bl" "bkFJ", "w58"),
    "OpenAI legacy": ("s", "k-", "a20", "T3Bl" "bkFJ", "a20"),
    "Anthropic": ("sk-an", "t-api03-", "w93", "AA"),
    "Anthropic admin": ("sk-an", "t-admin01-", "w93", "AA"),
    "Google API": ("AI", "za", "w35"),
    "Google OAuth secret": ("GOC", "SPX-", "w28"),
    "Google OAuth token": ("ya", "29.", "w120"),
    "AWS access key": ("AK", "IA", "b16"),
    "AWS temporary key": ("AS", "IA", "b16"),
    "AWS Bedrock": ("AB", "SK", "s128"),
    "Azure AD secret": ("", "", "a3", "8Q", "~w34"),
    "GitHub personal": ("gh", "p_", "a36"),
    "GitHub fine-grained": ("github", "_pat_", "a22", "_", "a59"),
    "GitHub OAuth": ("gh", "o_", "a36"),
    "GitHub app": ("gh", "s_", "a36"),
    "GitLab personal": ("gl", "pat-", "w20"),
    "GitLab deploy": ("gl", "dt-", "w20"),
    "GitLab runner": ("gl", "rt-", "w20"),
    "Slack bot": ("xo", "xb-", "d12", "-", "d13", "-", "a24"),
    "Slack user": ("xo", "xp-", "d12", "-", "d12", "-", "d12", "-", "h32"),
    "Slack app": ("xa", "pp-1-", "u11", "-", "d13", "-", "h64"),
    "Stripe secret": ("sk_l", "ive_", "a99"),
    "Stripe restricted": ("rk_l", "ive_", "a99"),
    "Stripe test": ("sk_t", "est_", "a24"),
    "Stripe webhook": ("whs", "ec_", "a32"),
    "Hugging Face": ("h", "f_", "a34"),
    "Groq": ("g", "sk_", "a52"),
    "Perplexity": ("pp", "lx-", "a48"),
    "Replicate": ("r", "8_", "a37"),
    "xAI": ("xa", "i-", "a80"),
    "OpenRouter": ("sk-o", "r-v1-", "h64"),
    "NVIDIA": ("nv", "api-", "w64"),
    "Pinecone": ("pc", "sk_", "a6", "_", "a63"),
    "LangSmith": ("lsv", "2_pt_", "h32", "_", "h10"),
    "Twilio key": ("S", "K", "h32"),
    "SendGrid": ("S", "G.", "w22", ".", "w43"),
    "Mailgun": ("ke", "y-", "h32"),
    "Mailchimp": ("", "", "h32", "-us", "d2"),
    "npm": ("np", "m_", "a36"),
    "PyPI": ("pypi-", "AgEIcHlwaS5vcmc", "w120"),
    "RubyGems": ("ruby", "gems_", "h48"),
    "Docker Hub": ("dc", "kr_pat_", "w27"),
    "DigitalOcean": ("do", "p_v1_", "h64"),
    "Heroku": ("HR", "KU-AA", "w58"),
    "Cloudflare": ("cf", "ut_", "a40", "h8"),
    "Databricks": ("da", "pi", "h32"),
    "HashiCorp Vault": ("hv", "s.CAES", "w90"),
    "Terraform Cloud": ("", "", "a14", ".atl" "asv1.", "w67"),
    "Doppler": ("dp.", "pt.", "a43"),
    "Supabase": ("sb", "p_", "h40"),
    "PlanetScale": ("psc", "ale_tkn_", "w43"),
    "Grafana service account": ("gl", "sa_", "a32", "_", "h8"),
    "Sentry user": ("snt", "ryu_", "h64"),
    "New Relic": ("NR", "AK-", "u27"),
    "Datadog application": ("dd", "app_", "a34"),
    "Dynatrace": ("dt0", "c01.", "b24", ".", "b64"),
    "Postman": ("PM", "AK-", "h24", "-", "h34"),
    "Linear": ("lin", "_api_", "a40"),
    "Notion": ("nt", "n_", "d11", "a35"),
    "Airtable": ("pa", "t", "a14", ".", "h64"),
    "Figma": ("fi", "gd_", "w40"),
    "Shopify": ("sh", "pat_", "h32"),
    "Square": ("sq", "0atp-", "w22"),
    "Telegram bot": ("", "", "d10", ":A" "A", "w33"),
    "Discord bot": ("MT", "k", "a23", ".", "w6", ".", "w38"),
    "Atlassian": ("ATA", "TT3xFfGF0", "w150", "=", "u8"),
    "Brevo": ("xke", "ysib-", "h64", "-", "a16"),
    "Alibaba": ("LT", "AI5t", "a20"),
    "Plaid": ("access-pro", "duction-", "h8", "-", "h4", "-", "h4", "-", "h4", "-", "h12"),
    "Adafruit": ("ai", "o_", "a28"),
    "Age": ("AGE-SEC", "RET-KEY-1", "u58"),
    "Contentful": ("CF", "PAT-", "w43"),
    "HubSpot": ("pat-n", "a1-", "h8", "-", "h4", "-", "h4", "-", "h4", "-", "h12"),
    "Typeform": ("tf", "p_", "w44", "_", "a14"),
    "1Password": ("ops_", "eyJ", "a250"),
    "Tailscale": ("tskey-a", "uth-", "a12", "CNTRL-", "a32"),
    "Sourcegraph": ("sg", "p_", "h16", "_", "h40"),
    "Buildkite": ("bk", "ua_", "h40"),
}  # fmt: skip


def _chars(rng: random.Random, alphabet: str, count: int) -> str:
    return "".join(rng.choices(alphabet, k=count))


def _piece(rng: random.Random, piece: str) -> str:
    lead = "~" if piece.startswith("~") else ""
    name, count = piece[len(lead) : len(lead) + 1], piece[len(lead) + 1 :]
    if name in _ALPHABETS and count.isdigit():
        return lead + _mixed(rng, _ALPHABETS[name], int(count))
    return piece


def _mixed(rng: random.Random, alphabet: str, count: int) -> str:
    """Return characters that begin and end with none of a token's joints, and hold a digit if they can."""
    while True:
        text = _chars(rng, alphabet, count)
        edges = text[0].isalnum() and text[-1].isalnum()
        if edges and (count < 12 or alphabet == string.digits or (not text.isdigit() and not text.isalpha())):
            return text


def vendor_key(rng: random.Random, vendor: str) -> Drawn:
    """Return a key of that vendor."""
    head, tail, *pieces = _FORMATS[vendor]
    return Drawn("SECRET", head + tail + "".join(_piece(rng, piece) for piece in pieces), vendor)


VENDORS: Final = tuple(_FORMATS)


def near_miss(rng: random.Random, vendor: str) -> Drawn:
    """Return what has the vendor's prefix and is no key: it is cut, or it says so."""
    head, tail = _FORMATS[vendor][:2]
    rest = rng.choice(["xxxxxxxxxxxxxxxxxxxx", "...", "<your-key>", "****************", "YOUR_KEY_HERE"])
    return Drawn("KEEP", head + tail + rest, f"near miss of {vendor}")


NEAR_MISSES: Final = tuple(
    vendor for vendor, (head, tail, *_) in _FORMATS.items() if len(head + tail) > 2 and " " not in head + tail
)


def password(rng: random.Random) -> Drawn:
    """Return a password as people and generators make them."""
    word = rng.choice(["Winter", "harbor", "Tr0ub", "kestrel", "Lemon", "quartz"])
    value = rng.choice([
        f"{word}{rng.randrange(1000, 9999)}!",
        _mixed(rng, _ALNUM, 16),
        f"{word}-{rng.choice(['Otter', 'maple', 'Stone'])}-{rng.randrange(10, 99)}",
        _mixed(rng, _ALNUM + "#%&*^", 14),
    ])  # fmt: skip
    return Drawn("SECRET", value, "password")


def token(rng: random.Random) -> Drawn:
    """Return a random token without a format."""
    count = rng.choice([24, 32, 40, 64])
    return Drawn("SECRET", _mixed(rng, rng.choice([_ALNUM, _HEX, _URL]), count), "token")


def cloud_secret(rng: random.Random) -> Drawn:
    """Return 40 characters of base64, as the secret access keys of AWS are."""
    return Drawn("SECRET", _mixed(rng, _B64, 40), "cloud secret")


def storage_key(rng: random.Random) -> Drawn:
    """Return an account key of Azure's storage: 64 bytes in base64."""
    return Drawn("SECRET", base64.b64encode(rng.randbytes(64)).decode(), "storage key")


def user_and_password(rng: random.Random) -> Drawn:
    """Return the credentials of a URL."""
    user = rng.choice(["app", "admin", "svc_reports", "postgres", "root", "reader"])
    return Drawn("URL_CREDENTIALS", f"{user}:{_mixed(rng, _ALNUM, 14)}", "URL credentials")


def jwt(rng: random.Random) -> Drawn:
    """Return a signed token: header, claims, 256 bits."""
    claims = {"sub": str(rng.randrange(10**9)), "iat": 1_760_000_000, "scope": "read"}
    parts = [json.dumps({"alg": "HS256", "typ": "JWT"}).encode(), json.dumps(claims).encode(), rng.randbytes(32)]
    value = ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts)
    return Drawn("JWT", value, "JWT")


def private_key(rng: random.Random) -> Drawn:
    """Return a PEM block, or that of OpenSSH or PGP."""
    name = rng.choice(["RSA PRIVATE KEY", "PRIVATE KEY", "EC PRIVATE KEY", "OPENSSH PRIVATE KEY"])
    body = base64.b64encode(rng.randbytes(144)).decode()
    lines = "\n".join(body[start : start + 64] for start in range(0, len(body), 64))
    return Drawn("PRIVATE_KEY", f"-----BEGIN {name}-----\n{lines}\n-----END {name}-----", name)


def webhook_path(rng: random.Random) -> Drawn:
    """Return the secret part of the address of a webhook of Slack's."""
    value = f"T{_mixed(rng, _UPPER, 8)}/B{_mixed(rng, _UPPER, 10)}/{_mixed(rng, _ALNUM, 24)}"
    return Drawn("SECRET", value, "Slack webhook")


SECRETS: Final[Mapping[str, Callable[[random.Random], Drawn]]] = {
    "password": password,
    "token": token,
    "cloud_secret": cloud_secret,
    "storage_key": storage_key,
    "credentials": user_and_password,
    "webhook": webhook_path,
    "jwt": jwt,
    "private_key": private_key,
}
"""Secrets without a vendor's format, by kind of slot."""
