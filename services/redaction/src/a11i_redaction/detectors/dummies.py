"""What stands where a secret would: references to one, types, and placeholders of documentation."""

import re
from typing import Final

_REFERENCE: Final = re.compile(
    r"(?i:\$\{[\w .\[\]]*(?::?[\-?=](?:\$?\{.*|[a-z ]{0,8}|change_?me))?\}?|\{\{[^{}]*\}?\}?|\$\{\{[^{}]*\}?\}?|\$\(.*"
    r"|(?:os|process|self|this|settings|config|cfg|secrets?|env|options?|props|params|args|ctx|request|data)[.:\[]"
    r"[a-z_.()\[\]\"']*"
    r"|vault:[a-z/_\-]+|arn:aws.*|https?://(?:localhost|[^\s/]*\.[a-z]{2,}|\d)[^@]*|\*+|x+|\.+|-+"
    r"|~/.*|\./.*|[a-z]:\\.*"  # Where a file lies.
    r"|your[_\- a-z]*|my[_\- ](?:password|secret|token|key|api[_\- ]key)"
    r"|example|changeme|change me|change_me|change-me"
    r"|placeholder|redacted|hidden|masked|none|null|nil|true|false|undefined"
    r"|(?:str(?:ing)?|bytes|int|optional)(?:\|(?:str|bytes|none|null|undefined))?"
    r"|[a-z_][\w.]*(?:\[[^\]]*\])?(?: \| [a-z_][\w.]*(?:\[[^\]]*\])?)+"
    r"|(?:bearer|basic|token) \{.*|await|lambda|yield|async|typeof|function"
    r"|required|missing|invalid|expired|incorrect|wrong|empty)"
)
_IN_SIGNS: Final = re.compile(r"<[^<>]*>|%[\w ]+%|\{[\w .:\-]*\}?|\$\w+")
"""A name in signs, unless it is random."""
_VARIABLE: Final = re.compile(r"\$(?:[A-Z_][A-Z0-9_]*|[a-z_][a-z0-9_]*|\w*(?i:pass|pwd|secret|token|key|cred)\w*)")
_PATH: Final = re.compile(r"(?:/[\w.\-]+){2,}/?")
_SEGMENT: Final = re.compile(r"[A-Za-z0-9]{6,}(?![A-Za-z0-9.])")
_RUN: Final = re.compile(r"[A-Za-z0-9]{8,}")
_SHORT_RUN, _LONG_RUN, _MANY_DIGITS = 8, 12, 4
_WORD: Final = r"YOUR|[Yy]our|EXAMPLE|[Ee]xample|HERE|here|PLACEHOLDER|placeholder|REDACTED|redacted|DUMMY|dummy"
_DUMMY: Final = re.compile(
    rf"([xX*.#0_\-])\1{{5,}}|(?<![A-Za-z0-9])(?:{_WORD})(?![A-Za-z0-9])|EXAMPLE(?:KEY)?\Z|CHANGE_?ME|change_?me"
    r"|\.\.\.|INSERT_|insert_"
)
"""In a key of random characters each of these is rarer than one in ten thousand."""
_CERTAIN: Final = re.compile(r"([xX*.#0_\-])\1{5,}|EXAMPLE(?:KEY)?\Z")
"""What leaves no doubt, however much stands beside it."""


def is_reference(value: str) -> bool:
    """Return whether a value, as a whole, says where a secret is, of what type it is, or what is the matter with it."""
    if _REFERENCE.fullmatch(value):
        return True
    if _IN_SIGNS.fullmatch(value):
        if value[0] == "$":
            return _VARIABLE.fullmatch(value) is not None
        return not any(_is_mixed(run) for run in _RUN.findall(value))
    return _PATH.fullmatch(value) is not None and not any(_is_mixed_case(run) for run in _SEGMENT.findall(value))


def says_so(value: str) -> bool:
    """Return whether a value says that it is no key: `sk-xxxxxxxxxxxx`, `AKIA...EXAMPLE`, `YOUR_KEY_HERE`."""
    if _DUMMY.search(value) is None:
        return False
    return _CERTAIN.search(value) is not None or not has_random(value)


def has_random(value: str) -> bool:
    """Return whether a run of letters and digits in a value is as long as those of keys."""
    return any(len(run) >= _LONG_RUN and _is_mixed(run) for run in _RUN.findall(value))


def is_random(value: str) -> bool:
    """Return whether a run of letters and digits has more of both than names of code do."""
    return len(value) >= _SHORT_RUN and (_is_mixed_case(value) or sum(map(str.isdigit, value)) >= _MANY_DIGITS)


def _is_mixed(run: str) -> bool:
    return not run.isalpha() and not run.isdigit()


def _is_mixed_case(run: str) -> bool:
    return not run.isalpha() and not (run.islower() or run.isupper() or run.isdigit())
