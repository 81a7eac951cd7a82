"""Secrets in JSON that something else than their own key names: a member beside them, an object around, an option."""

import re
from functools import lru_cache
from typing import Final

from a11i_redaction.detectors.context import key_words
from a11i_redaction.detectors.secret_names import names_secret

_PIECE: Final = re.compile(r'"(?P<string>[^"\\]*+(?:\\.[^"\\]*+)*+)"(?P<key>[ \t\r\n]*+:)?|[\[\]{}]|-?\d[\d.eE+\-]*+')
_ENDS: Final = frozenset({
    "als", "ase", "ass", "ens", "eys", "ial", "ion", "jwt", "ken", "key", "kie", "ode", "ord", "otp", "pin", "psk",
    "pwd", "rds", "rer", "ret", "ets", "swd",
    "-u", "ser",
})  # fmt: skip
"""How names of secrets end, in English, and options of commands that have one."""
_NAMES: Final = frozenset({
    "attribute", "column", "env", "field", "header", "id", "k", "key", "label", "name", "option", "parameter",
    "property", "title", "variable",
})  # fmt: skip
"""The last words of keys whose value names what stands beside it."""
_VALUES: Final = frozenset({
    "after", "answer", "before", "content", "current", "data", "default", "new", "old", "plain", "previous", "raw", "s",
    "string", "text", "v", "val", "value", "values",
})  # fmt: skip
"""The last words of keys under which it stands, or what an object of its own name holds."""
_CERTAIN: Final = frozenset({"default", "new", "old", "val", "value", "values"})
"""Those that hold no sentences, such as the answer of a tool that is called after a secret."""
_HOLDER: Final = re.compile(r"(?:password|passwd|secret)s?$")
"""Keys of which an object holds a secret under every key but those that say what it is."""
_DESCRIBES: Final = _NAMES | {
    "comment", "description", "error", "format", "help", "hint", "in", "kind", "message", "pattern", "placeholder",
    "rule", "status", "type", "user", "username", "version",
}  # fmt: skip
_LONGEST_NAME: Final = 64
_USER_OPTIONS: Final = frozenset({"-u", "--user"})


def may_name(text: str) -> bool:
    """Return whether a string, or a key, is the name of a secret, or an option that has one behind it."""
    return len(text) <= _LONGEST_NAME and text[-3:].lower() in _ENDS and _names(text)


def told(text: str) -> dict[int, str]:
    """Return what names the strings and numbers of valid JSON, by where they begin, where it is not their own key."""
    found: dict[int, str] = {}
    stack: list[_Frame] = [_Frame("", "", is_array=False)]
    for match in _PIECE.finditer(text):
        frame = stack[-1]
        sign = text[match.start()]
        if sign in "{[":
            stack.append(_Frame(frame.key, frame.carried(), is_array=sign == "["))
        elif sign in "}]":
            stack.pop()
            frame.close(found)
            if stack and stack[-1].takes:
                stack[-1].waiting.extend(frame.all)
            if stack:
                stack[-1].all.extend(frame.all)
        elif match["key"] is not None:
            frame.enter(match["string"])
        else:
            string = match["string"]
            frame.add(match.start(), match.group() if string is None else string, found)
    return found


class _Frame:
    """An object or an array that is being read."""

    __slots__ = ("all", "elements", "holder", "is_array", "key", "named", "outer", "takes", "waiting")

    def __init__(self, outer: str, holder: str, *, is_array: bool) -> None:
        self.outer = outer
        """The key that it stands under."""
        self.holder = holder
        """The name of a secret around it, or nothing."""
        self.is_array = is_array
        self.key = outer if is_array else ""
        self.takes = False
        """Whether the key now is one of a value that a member beside it can name."""
        self.named = ""
        self.waiting: list[int] = []
        self.all: list[int] = []
        self.elements: list[str] = []

    def enter(self, key: str) -> None:
        self.key = key
        self.takes = _last_word(key) in _VALUES

    def carried(self) -> str:
        """Return the name of the secret that an object or array under the key now holds, or nothing."""
        if names_secret(self.key):
            return self.key
        return self.holder if self.holder and (self.is_array or self.takes) else ""

    def add(self, start: int, string: str, found: dict[int, str]) -> None:
        self.all.append(start)
        if self.is_array:
            self._element(start, string, found)
            return
        last = _last_word(self.key)
        if last in _NAMES and len(string) <= _LONGEST_NAME and names_secret(string):
            self.named = string
        elif self.takes and (last in _CERTAIN or " " not in string):
            self.waiting.append(start)
        if self.holder and (self.takes or (_HOLDER.search(self.holder.lower()) and last not in _DESCRIBES)):
            found[start] = self.holder

    def _element(self, start: int, string: str, found: dict[int, str]) -> None:
        before = self.elements[-1] if self.elements else ""
        self.elements.append(string)
        if before.startswith("-") and len(before) <= _LONGEST_NAME:
            if names_secret(before.lstrip("-")) or (before in _USER_OPTIONS and ":" in string):
                found[start] = before.lstrip("-") if names_secret(before.lstrip("-")) else "password"
        elif len(self.elements) == 2 and len(before) <= _LONGEST_NAME and names_secret(before):
            self.named = before
            self.waiting.append(start)

    def close(self, found: dict[int, str]) -> None:
        """Name what waits for a name, now that all of it has been read. An array of two is a pair."""
        if self.named and (not self.is_array or len(self.elements) == 2):
            found.update(dict.fromkeys(self.waiting, self.named))


@lru_cache(maxsize=4096)
def _names(text: str) -> bool:
    return text in _USER_OPTIONS or names_secret(text.lstrip("-"))


@lru_cache(maxsize=4096)
def _last_word(key: str) -> str:
    return key_words(key).rpartition(" ")[2]
