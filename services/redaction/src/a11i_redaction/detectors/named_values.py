"""Structures in which a name stands beside its value, without a sign of assignment: YAML, HTML, Terraform, SQL.

Each pattern ends where the value begins; its group `name` is what the value is called, else it is a password.
"""

from typing import Final

from a11i_redaction.detectors.assignments import SCANNED_NAMES
from a11i_redaction.detectors.secret_formats import SecretFormat
from a11i_redaction.detectors.secret_names import NAMES, TAIL

_NAMED: Final = rf"(?P<name>[\w.\-/:]{{0,60}}(?:{NAMES}){TAIL})"
_SCANNED: Final = rf"[\w.\-/:]{{0,60}}(?:{SCANNED_NAMES}){TAIL}"
_QUOTE: Final = r"\\{0,7}[\"']?"
_KEYS: Final = "name|key|id|parameter|variable|property|field|header"
_VALUES: Final = "value|content|default|defaultvalue|val"
_DIRECTIVE: Final = (
    r"(?:(?-i:ENV|ARG|SetEnv|setenv)|set[ ]-[a-z]{1,4}|proxy_set_header|add_header|RequestHeader[ ]set"
    r"|git[ ]config(?:[ ]--[a-z\-]{1,12}){0,3})"
)
"""Words that a name and its value follow."""
_GAP: Final = r"[^<>\x1a]{0,200}?"

_RESULT: Final = "(?:result|hex|base64)"
_STATE_CHARS, _STATE_PIECES = 400, 140
"""Between a resource and what it holds: other attributes of its. Pieces are what quotes part."""


def _format(name: str, pattern: str, gate: str, source: str, *, certain: bool = False) -> SecretFormat:
    return SecretFormat(name, f"(?i){pattern}", source, gate=f"(?i){gate}", named=True, certain=certain)


NAMED_VALUES: Final = (
    _format(
        "name above a value",
        rf"\b(?:{_KEYS}){_QUOTE}[ ]{{0,3}}[:=][ ]{{0,3}}{_QUOTE}{_NAMED}{_QUOTE}[ ]{{0,3}},?\s{{1,80}}"
        rf"{_QUOTE}(?:{_VALUES}){_QUOTE}[ ]{{0,3}}[:=][ ]{{0,3}}",
        rf"(?:{_KEYS})[\\\"']{{0,8}}[ ]{{0,3}}[:=][ ]{{0,3}}[\\\"']{{0,8}}{_SCANNED}",
        "kubernetes.io: EnvVar; yaml.org",
    ),
    _format(
        "value before its name",
        rf"\b(?:{_VALUES})=(?=(?:\"[^\"<>\x1a]{{0,500}}\"|'[^'<>\x1a]{{0,500}}'|[^\s<>\"'\x1a]{{1,500}}+)\s{_GAP}"
        rf"\b(?:{_KEYS}|type)=[\"']?{_NAMED}[\"'\s/>])",
        rf"\b(?:{_VALUES})=",
        "html.spec.whatwg.org: the input element",
    ),
    _format(
        "name before its value",
        rf"\b(?:{_KEYS}|type)=[\"']?{_NAMED}(?:[\"']|\s|(?=>)){_GAP}(?:(?<=[\s\"'])(?:{_VALUES})=|>(?=[^\s<>]))",
        rf"\b(?:{_KEYS}|type)=[\"']?{_SCANNED}",
        "html.spec.whatwg.org; learn.microsoft.com: appSettings; spring.io: beans",
    ),
    _format(
        "default of a variable",
        rf"\b(?:variable|parameter|param|output)\s{{1,4}}{_QUOTE}{_NAMED}{_QUOTE}\s{{0,4}}\{{[^{{}}\x1a]{{0,400}}?"
        r"\b(?:default|value)\s{0,20}=\s{0,4}",
        rf"(?:variable|parameter|param|output)\s{{1,4}}[\\\"']{{0,8}}{_SCANNED}",
        "developer.hashicorp.com: variable block",
    ),
    _format(
        "password of a statement",
        r"\b(?:identified(?:\s{1,4}with\s{1,4}[^\s\x1a]{1,60})?\s{1,4}by\s{1,4}(?:values\s{1,4})?"
        rf"|password\s{{0,4}}\({_QUOTE}(?<=[\"'])(?<!\()|password\s{{1,4}}(?=\\{{0,7}}['\"]))",
        r"\bidentified\s|password(?:\s{0,4}\(|\s{1,4}[\\'\"])",
        "PostgreSQL, MySQL, Oracle: CREATE USER",
    ),
    _format(
        "row of a name and a value",
        rf"(?<![^\n])[ ]{{0,8}}\|?[ ]{{0,4}}[*`]{{0,3}}{_NAMED}[*`]{{0,3}}[ ]{{0,40}}\|[ ]{{0,40}}[*`]{{0,3}}"
        r"(?=[^\s|\x1a]{4,200}[ ]{0,40}\|?[ ]{0,8}(?:\r?\n|\Z))",
        rf"{_SCANNED}[*`]{{0,3}}[ ]{{0,40}}\|",
        "github.github.com/gfm: tables",
    ),
    _format(
        "changed value",
        rf"{_NAMED}\"?[ ]{{1,60}}=[ ](?:\"[^\"\r\n]{{0,400}}\"|\x1a)[ ]->[ ](?=\")",
        r"[\"\x1a][ ]->[ ]\"",
        "developer.hashicorp.com: terraform plan",
    ),
    _format(
        "directive",
        rf"(?<![^\n])[ \t]{{0,12}}(?:[$#>+\-][ ]{{0,2}})?{_DIRECTIVE}[ \t]{{1,8}}{_NAMED}[ \t]{{1,8}}(?=[^\s=\x1a])",
        rf"{_DIRECTIVE}[ \t]+{_SCANNED}[ \t]",
        "docs.docker.com: ENV; csh(1); fishshell.com; httpd.apache.org: mod_env; nginx.org: proxy_set_header",
        certain=True,
    ),
    _format(
        "result of a generator",
        rf"(?:\btype{_QUOTE}\s{{0,4}}:\s{{0,4}}{_QUOTE}random_(?:password|bytes){_QUOTE}"
        rf"(?:[^\x1a\"']{{1,{_STATE_CHARS}}}+|[\"'](?!{_RESULT}\\{{0,7}}[\"']|random_)){{0,{_STATE_PIECES}}}+[\"']{_RESULT}{_QUOTE}\s{{0,4}}:\s{{0,4}}"
        rf"|\brandom_(?:password|bytes)\.[\w\-]{{1,80}}(?:\[[^\]\n]{{1,80}}\])?\.{_RESULT}{_QUOTE}\s{{0,4}}(?:[=:]|->|is\b)\s{{0,4}}"
        rf"|\brandom_(?:password|bytes){_QUOTE}\s{_QUOTE}[\w\-]{{1,80}}{_QUOTE}\s\{{[^{{}}\x1a]{{0,{_STATE_CHARS}}}?"
        rf"\b{_RESULT}\s{{1,20}}=\s)(?=\\{{0,7}}[\"'])",
        r"random_(?:password|bytes)[\\\"'.\[]",
        "registry.terraform.io: hashicorp/random, random_password, random_bytes; terraform.io: state, terraform show",
        certain=True,
    ),
)
"""Formats whose value is taken as one that is assigned to the name."""
