"""What stands where a secret would: references to one, types, and placeholders of documentation."""

import re
from typing import Final

_REFERENCE: Final = re.compile(
    r"(?i)\$[a-z_]+|\$?\{\{?[\w .:\-]*\}?\}?|%\w+%|<[^<>]*>|\$\(.*"
    r"|(?:os|process|self|this|settings|config|cfg|secrets?|env|options?|props|params|args|ctx|request|data)[.:\[]"
    r"[a-z_.()\[\]\"']*"
    r"|vault:[a-z/_\-]+|arn:aws.*|https?://.*|\*+|x+|\.+|-+"
    r"|(?:/[\w.\-]+){2,}/?|~/.*|\./.*|[a-z]:\\.*"  # Where a file lies.
    r"|your[_\- a-z]*|my[_\- ](?:password|secret|token|key|api[_\- ]key)"
    r"|example|changeme|change me|change_me|change-me"
    r"|placeholder|redacted|hidden|masked|none|null|nil|true|false|undefined|str(?:ing)?|bytes"
    r"|int|optional|required|missing|invalid|expired|incorrect|wrong|empty"
)
_DUMMY: Final = re.compile(
    r"([xX*.#0_\-])\1{5,}|YOUR|your|EXAMPLE|example|[_\-](?:HERE|here)\b|placeholder|PLACEHOLDER|REDACTED|redacted"
    r"|CHANGE_?ME|change_?me|\.\.\.|DUMMY|dummy|INSERT_|insert_"
)
"""In a key of random characters each of these is rarer than one in ten thousand."""


def is_reference(value: str) -> bool:
    """Return whether a value, as a whole, says where a secret is, of what type it is, or what is the matter with it."""
    return _REFERENCE.fullmatch(value) is not None


def says_so(value: str) -> bool:
    """Return whether a value says that it is no key: `sk-xxxxxxxxxxxx`, `AKIA...EXAMPLE`, `YOUR_KEY_HERE`."""
    return _DUMMY.search(value) is not None
