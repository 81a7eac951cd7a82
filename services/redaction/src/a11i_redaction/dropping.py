"""What a policy drops in text that holds JSON without being JSON: cut off, line by line, behind a word, in a repr.

Nothing there says for certain where a value ends, so that one whose end is not found goes with all that is behind it.
"""

import json
import re
from collections import Counter
from typing import Final

from a11i_redaction.policy.attributes import KeySet
from a11i_redaction.pseudonyms import DROPPED

_KEY: Final = re.compile(
    r"(?P<escape>\\{0,7})(?P<quote>[\"'])(?P<key>(?:(?!(?P=quote))[^\\\n]|\\{1,8}(?:u[0-9a-fA-F]{4}|/)){1,300}+)"
    r"(?P=escape)(?P=quote)[ \t\r\n]{0,40}+(?::|=>?)[ \t\r\n]{0,40}+"
)
"""A key in quotes, which can be escaped as in JSON within a string."""
_SIGN: Final = re.compile(r"(?P<escape>\\*+)[\"']|[\[\]{}]")
_BARE: Final = re.compile(r"[^,}\]\n]*+")
_ESCAPE: Final = re.compile(r"\\+(?=[u/])")
_GONE: Final = frozenset({"", DROPPED})


def without_members(text: str, dropped: KeySet) -> tuple[str, Counter[str]] | None:
    """Return a text without what stands under these keys, and how often which key did; None if there is nothing."""
    pieces: list[str] = []
    keys: Counter[str] = Counter()
    position = 0
    match = _KEY.search(text)
    while match is not None:
        following = match.end()
        key = _plain(match["key"])
        if key in dropped:
            end = _value_end(text, match.end(), match["escape"])
            if text[match.end() : end].strip("\\\"' \t\r\n") not in _GONE:
                sign = match["escape"] + match["quote"]
                pieces.extend((text[position : match.end()], sign, DROPPED, sign))
                position = end
                keys[key] += 1
            following = end
        match = _KEY.search(text, following)
    return ("".join((*pieces, text[position:])), keys) if keys else None


def _plain(key: str) -> str:
    if "\\" not in key:
        return key
    return str(json.loads('"{}"'.format(_ESCAPE.sub(r"\\", key).replace('"', r"\"")), strict=False))


def _value_end(text: str, start: int, escape: str) -> int:
    """Return where the value that begins there ends: behind its last quote or bracket, or with the text."""
    depth = 0
    inside = ""
    for match in _SIGN.finditer(text, start):
        sign = text[match.end() - 1]
        own = sign in "[{}]" or _is_sign(match["escape"], escape)
        if match.start() == start and (sign in "}]" or not own):
            break
        if match.start() > start and not (depth or inside):
            break
        if sign in "[{}]":
            depth += 0 if inside else 1 if sign in "[{" else -1
        elif own and inside in {"", sign}:
            inside = "" if inside else sign
        if not (depth or inside):
            return match.end()
    return len(text) if depth or inside else _BARE.match(text, start).end()  # type: ignore[union-attr]  # It matches.


def _is_sign(escape: str, own: str) -> bool:
    """Return whether a quote with such backslashes begins or ends a string of JSON whose quotes have `own` ones.

    Within a string, its own quotes have as many again before them, and one more, and backslashes are doubled: in plain
    JSON, a quote behind an even number of backslashes ends the string.
    """
    return len(escape) >= len(own) and (len(escape) - len(own)) % (2 * (len(own) + 1)) == 0
