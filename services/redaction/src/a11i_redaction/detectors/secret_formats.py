"""The formats of secrets, as data.

A pattern without a gate of its own is written in what Hyperscan and Python's `re` have in common (no look-around, no
back-reference), since the prefilter compiles it as it stands. A finding must not touch another letter, digit or
underscore before it. Lengths and prefixes are those of the vendors' documentation or of keys that they issue.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class SecretFormat:
    """One format. The finding is the group `secret` of the pattern, or all of it if there is no such group."""

    name: str
    pattern: str
    entity: str = "SECRET"
    mixed: bool = False
    """True if the value must hold both a letter and a digit, which plain words and numbers do not."""
    gate: str = ""
    """What the prefilter looks for. Empty: the pattern."""


_B64 = r"[A-Za-z0-9+/]"
_URL = r"[A-Za-z0-9_\-]"

VENDOR_FORMATS: Final[tuple[SecretFormat, ...]] = (
    # Models
    SecretFormat("openai", rf"sk-(?:proj|svcacct|admin|None)-{_URL}{{20,250}}", mixed=True),
    SecretFormat("anthropic", rf"sk-ant-{_URL}{{16,250}}", mixed=True),
    SecretFormat("openrouter", r"sk-or-(?:v1-)?[A-Za-z0-9]{20,128}", mixed=True),
    SecretFormat("openai or compatible", r"sk-[A-Za-z0-9]{20,128}", mixed=True),
    SecretFormat("langfuse", r"[sp]k-lf-[0-9a-f\-]{20,40}", mixed=True),
    SecretFormat("langsmith", r"lsv2_(?:pt|sk)_[0-9a-f]{32}_[0-9a-f]{10}"),
    SecretFormat("hugging face", r"(?:hf|api_org)_[A-Za-z0-9]{30,50}", mixed=True),
    SecretFormat("groq", r"gsk_[A-Za-z0-9]{40,64}", mixed=True),
    SecretFormat("xai", r"xai-[A-Za-z0-9]{60,100}", mixed=True),
    SecretFormat("perplexity", r"pplx-[A-Za-z0-9]{40,64}", mixed=True),
    SecretFormat("replicate", r"r8_[A-Za-z0-9]{37,40}", mixed=True),
    SecretFormat("fireworks", r"fw_[A-Za-z0-9]{22,32}", mixed=True),
    SecretFormat("nvidia", rf"nvapi-{_URL}{{50,80}}", mixed=True),
    SecretFormat("tavily", rf"tvly-{_URL}{{20,60}}", mixed=True),
    SecretFormat("pinecone", rf"pcsk_{_URL}{{40,90}}", mixed=True),
    SecretFormat("a11i", r"a11i_[A-Za-z0-9]{6,32}_[A-Za-z0-9_\-]{20,90}", mixed=True),
    # Clouds
    SecretFormat("aws access key id", r"(?:AKIA|ASIA|AROA|AIDA|AGPA|ANPA|ABIA|ACCA)[A-Z2-7]{16}"),
    SecretFormat("google api key", rf"AIza{_URL}{{35}}"),
    SecretFormat("google oauth token", rf"ya29\.{_URL}{{20,250}}"),
    SecretFormat("google oauth secret", rf"GOCSPX-{_URL}{{28}}"),
    SecretFormat("azure storage key", rf"(?i:AccountKey|SharedAccessKey)=(?P<secret>{_B64}{{40,88}}={{0,2}})"),
    SecretFormat("azure sas", r"[?&]sig=(?P<secret>[A-Za-z0-9%+/]{40,90}={0,2})", mixed=True),
    SecretFormat("azure ad secret", r"[A-Za-z0-9_~.\-]{3}[78]Q~[A-Za-z0-9_~.\-]{31,34}", mixed=True),
    SecretFormat("azure key", r"[A-Za-z0-9]{76}AZC[A-Z][A-Za-z0-9]{4}|[A-Za-z0-9]{52}JQQJ99[A-Za-z0-9]{26}"),
    SecretFormat("digitalocean", r"do[opr]_v1_[0-9a-f]{64}"),
    SecretFormat("cloudflare", rf"(?:cfut|cfat|cfk)_{_URL}{{40,60}}", mixed=True),
    SecretFormat("alibaba", r"LTAI[A-Za-z0-9]{12,24}", mixed=True),
    SecretFormat("databricks", r"dapi[0-9a-f]{32}(?:-\d)?"),
    SecretFormat("heroku", rf"HRKU-{_URL}{{36,64}}", mixed=True),
    SecretFormat("vault", rf"hv[sbr]\.{_URL}{{24,250}}", mixed=True),
    SecretFormat("doppler", r"dp\.(?:pt|st|ct|sa|scim|audit)\.[A-Za-z0-9_.\-]{30,90}", mixed=True),
    SecretFormat("terraform cloud", rf"[A-Za-z0-9]{{14}}\.atlasv1\.{_URL}{{60,70}}"),
    SecretFormat("supabase", rf"sb(?:p_[0-9a-f]{{40}}|_secret_{_URL}{{20,60}})"),
    SecretFormat("planetscale", r"pscale_(?:tkn|pw|oauth)_[A-Za-z0-9_.\-]{32,64}", mixed=True),
    SecretFormat("fly.io", r"FlyV1 fm[12]_[A-Za-z0-9+/=,_]{40,900}"),
    SecretFormat("grafana", r"gl(?:c_[A-Za-z0-9+/]{32,400}={0,2}|sa_[A-Za-z0-9]{32}_[0-9a-f]{8})", mixed=True),
    # Code and packages
    SecretFormat("github", r"(?:gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_[A-Za-z0-9_]{60,100})", mixed=True),
    SecretFormat("gitlab", rf"gl(?:pat|dt|rt|cbt|ptt|ft|imt|agent|oas|soat)-{_URL}{{20,70}}", mixed=True),
    SecretFormat("bitbucket", r"AT(?:BB|CTT3)[A-Za-z0-9_=\-]{28,250}", mixed=True),
    SecretFormat("atlassian", r"ATATT3[A-Za-z0-9_=\-]{60,250}"),
    SecretFormat("npm", r"npm_[A-Za-z0-9]{36}", mixed=True),
    SecretFormat("pypi", rf"pypi-AgE{_URL}{{50,250}}"),
    SecretFormat("rubygems", r"rubygems_[0-9a-f]{48}"),
    SecretFormat("docker", rf"dckr_(?:pat|oat)_{_URL}{{24,40}}", mixed=True),
    SecretFormat("postman", r"PMAK-[0-9a-f]{24}-[0-9a-f]{34}"),
    SecretFormat("linear", r"lin_(?:api|oauth)_[A-Za-z0-9]{32,64}", mixed=True),
    SecretFormat("notion", r"(?:secret_[A-Za-z0-9]{43}|ntn_[A-Za-z0-9]{40,50})", mixed=True),
    SecretFormat("sentry", r"sntr(?:ys|yu)_[A-Za-z0-9+/=_\-]{40,250}", mixed=True),
    SecretFormat("new relic", r"NRAK-[A-Z0-9]{27}"),
    SecretFormat("airtable", r"pat[A-Za-z0-9]{14}\.[0-9a-f]{64}"),
    SecretFormat("figma", rf"fig[dor]_{_URL}{{36,60}}", mixed=True),
    # Messages and money
    SecretFormat("slack token", r"xox[abeoprs]-[A-Za-z0-9\-]{10,250}", mixed=True),
    SecretFormat("slack app token", r"xapp-\d-[A-Z0-9]{6,20}-\d{8,20}-[0-9a-f]{32,80}"),
    SecretFormat("slack webhook", r"hooks\.slack\.com/(?:services|workflows)/(?P<secret>[A-Za-z0-9/]{20,120})"),
    SecretFormat("discord webhook", rf"discord(?:app)?\.com/api/webhooks/(?P<secret>\d{{15,21}}/{_URL}{{60,80}})"),
    SecretFormat("discord bot", rf"[MNO][A-Za-z0-9]{{23,27}}\.{_URL}{{6}}\.{_URL}{{27,45}}", mixed=True),
    SecretFormat("telegram bot", r"\d{8,10}:AA[A-Za-z0-9_\-]{33}"),
    SecretFormat("stripe", r"(?:sk|rk)_(?:live|test)_[A-Za-z0-9]{16,250}", mixed=True),
    SecretFormat("stripe webhook", r"whsec_[A-Za-z0-9+/=]{24,64}", mixed=True),
    SecretFormat("square", rf"(?:sq0(?:atp|csp|idp)-{_URL}{{22,60}}|EAAA[A-Za-z0-9_\-]{{56,64}})", mixed=True),
    SecretFormat("shopify", r"shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}"),
    SecretFormat("twilio", r"SK[0-9a-f]{32}"),
    SecretFormat("sendgrid", rf"SG\.{_URL}{{20,24}}\.{_URL}{{39,50}}"),
    SecretFormat("mailgun", r"key-[0-9a-f]{32}"),
    SecretFormat("mailchimp", r"[0-9a-f]{32}-us\d{1,2}"),
    SecretFormat("brevo", r"xkeysib-[0-9a-f]{64}-[A-Za-z0-9]{16}"),
    SecretFormat("dynatrace", r"dt0c01\.[A-Z0-9]{24}\.[A-Z0-9]{64}"),
    SecretFormat("age", r"AGE-SECRET-KEY-1[A-Z0-9]{58}"),
)
"""Keys whose vendor made them recognisable."""

GENERAL_FORMATS: Final[tuple[SecretFormat, ...]] = (
    SecretFormat("jwt", rf"\beyJ{_URL}{{10,4000}}\.eyJ{_URL}{{10,8000}}(?:\.{_URL}{{0,2000}})?", "JWT"),
    SecretFormat(
        "pem private key",
        # Headers and base64, line ends as they are or escaped; without an end mark, as far as it looks like a key.
        r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----(?:[A-Za-z0-9+/=\s:,\\]++|-(?!----))*+"
        r"(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----)?",
        "PRIVATE_KEY",
        gate=r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY",
    ),
    SecretFormat(
        "authorization header", r"(?i:bearer|token)[ ]{1,4}(?P<secret>[A-Za-z0-9_\-.~+/]{20,4000}={0,2})", mixed=True
    ),
    SecretFormat(
        "basic authorization",
        r"(?i:authorization)[\"': =]{1,8}(?i:basic)[ ]{1,4}(?P<secret>[A-Za-z0-9+/]{8,500}={0,2})",
    ),
    SecretFormat(
        "url credentials",
        r"[A-Za-z][A-Za-z0-9+.\-]{1,30}://(?P<secret>[^\s/:@\"'<>\x1a]{0,120}:[^\s/@\"'<>\x1a]{1,200})@",
        "URL_CREDENTIALS",
    ),
    SecretFormat(
        "cookies",
        r"(?i:cookie)[\"']?[ ]{0,2}:[ ]{0,2}[\"']?(?P<secret>[A-Za-z0-9_.\-]{1,64}=[^\r\n\"'\x1a]{4,2000})",
    ),
    SecretFormat(
        "password of a command",
        r"mysql(?:dump|admin)?[ ](?:[^\n|;]{0,200}[ ])?-p(?P<secret>[^\s\"'\x1a]{3,100})",
        gate=r"mysql(?:dump|admin)?[ ]",
    ),
    SecretFormat(
        "user and password of a command",
        r"curl[ ](?:[^\n|]{0,300}[ ])?(?:-u|--user)[ =]?[\"']?(?P<secret>[^\s:\"'\x1a]{1,100}:[^\s\"'\x1a]{1,200})",
        "URL_CREDENTIALS",
        gate=r"curl[ ]",
    ),
)
"""Secrets that a standard, not a vendor, makes recognisable."""
