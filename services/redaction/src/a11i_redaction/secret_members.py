"""Secrets in JSON that something else than their own key names: a member beside them, an object around, an option."""

import re
from functools import lru_cache
from typing import Final

from a11i_redaction.detectors.context import key_words
from a11i_redaction.detectors.secret_names import OPTION_KEY, names_secret
from a11i_redaction.secret_options import COMMAND_ENDS, Option, command, has, option

_PIECE: Final = re.compile(r'"(?P<string>[^"\\]*+(?:\\.[^"\\]*+)*+)"(?P<key>[ \t\r\n]*+:)?|[\[\]{}]|-?\d[\d.eE+\-]*+')
_ENDS: Final = frozenset({
    "als", "ase", "ass", "ens", "eys", "ial", "ion", "jwt", "ken", "key", "kie", "ode", "ord", "otp", "pin", "psk",
    "pwd", "rds", "rer", "ret", "ets", "swd",
    "-u", "ser",
    "kty", "ies", "---", "-\\n", "ing", "uth", "tes",
})  # fmt: skip
"""How names of secrets end, in English, options of commands that have one, and what structures with secrets hold."""
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
_HOLDER: Final = re.compile(r"(?:password|passwd|secret)s?$|^cookies of$")
"""Keys of which an object holds a secret under every key but those that say what it is."""
_DESCRIBES: Final = _NAMES | {
    "comment", "description", "error", "format", "help", "hint", "in", "kind", "message", "pattern", "placeholder",
    "rule", "status", "type", "user", "username", "version",
}  # fmt: skip
_LONGEST_NAME: Final = 64
_USER_OPTIONS: Final = frozenset({"-u", "--user"})
_STRUCTURES: Final = frozenset({"kty", "SecureString", "cookies", "AUTH", "SETUSER", "requirepass", "masterauth"})
_GENERATORS: Final = frozenset({"random_password", "random_bytes"})
_MADE: Final = frozenset({"result", "hex", "base64", "bcrypt_hash"})
"""Types of Terraform's resources that make secrets, and their attributes that hold one; what random_string, random_id
and random_uuid make is no secret by their documentation."""
_PASSWORD: Final = "password"  # noqa: S105  (a name, and no password)
"""What a value goes as that can be nothing but a secret: nearly all of what can stand under such a name goes."""
_LOGIN: Final = "AUTH"
_MOST_OF_LOGIN: Final = 3
_SETTINGS: Final = frozenset({"requirepass", "masterauth"})
_RULES: Final = (">", "<", "#")
"""Redis's command that signs in (with a user, and a password), its settings that are passwords, and how rules of ACL
SETUSER begin that have one."""
_COMMAND_KEYS: Final = frozenset({"argument", "arguments", "args", "argv", "cmd", "command", "statement"})
"""The last words of keys under which the words of a command stand."""
_KEY_TYPES: Final = frozenset({"RSA", "EC", "OKP", "oct", "AKP"})
_PRIVATE: Final = frozenset({"d", "p", "q", "dp", "dq", "qi", "k", "priv"})
_OTHER_PRIMES: Final = frozenset({"r", "d", "t"})
"""RFC 7518, 6.2.2, 6.3.2 and 6.4: members of JSON web keys that are private, and those of more primes."""
_KEY_BEGINS: Final = re.compile(r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----(?!.*-----END)", re.DOTALL)
_KEY_ENDS: Final = "-----END "
_KEY_LINE: Final = re.compile(r"([A-Za-z0-9+/]{4,}={0,2})(?:\\[nr])*")
_SHORTEST_LINE: Final = 16
"""Characters of a line of a private key that cannot be a word; the last one can be shorter."""
_LONGEST_KEY: Final = 600
"""Strings in which lines of a private key are looked for: twice as many as the longest has lines."""


def may_name(text: str) -> bool:
    """Return whether a string, or a key, is the name of a secret, or an option that has one behind it."""
    if len(text) > _LONGEST_NAME:
        return False
    end = text[-3:]
    return (end in COMMAND_ENDS and bool(command(text))) or (end.lower() in _ENDS and _names(text))


def told(text: str) -> dict[int, str]:
    """Return what names the strings and numbers of valid JSON, by where they begin, where it is not their own key."""
    found: dict[int, str] = {}
    stack: list[_Frame] = [_Frame("", "", is_array=False)]
    lines = _KeyLines()
    for match in _PIECE.finditer(text):
        frame = stack[-1]
        sign = text[match.start()]
        if sign in "{[":
            stack.append(_Frame(frame.key, frame.carried(is_array=sign == "["), is_array=sign == "["))
        elif sign in "}]":
            stack.pop()
            frame.close(found)
            if stack and stack[-1].takes:
                stack[-1].waiting.extend(frame.all)
            if stack:
                stack[-1].inherit(frame)
        elif match["key"] is not None:
            frame.enter(match["string"])
        else:
            string = match["string"]
            frame.add(match.start(), match.group() if string is None else string, found)
            if string is not None:
                lines.add(match.start(), string, found)
    return found


class _KeyLines:
    """Finds the lines of a private key that are strings each."""

    __slots__ = ("_left", "_short")

    def __init__(self) -> None:
        self._left = 0
        """Strings that can still be lines of the key that has begun."""
        self._short = -1
        """Where a line begins that is so short that only the end behind it tells it from a word."""

    def add(self, start: int, string: str, found: dict[int, str]) -> None:
        """Take the next string."""
        if self._left:
            self._left -= 1
            line = _KEY_LINE.fullmatch(string)
            if _KEY_ENDS in string:
                self._left = 0
                if self._short >= 0:
                    found[self._short] = _PASSWORD
            elif line:
                sure = len(line[1]) >= _SHORTEST_LINE or line[1].endswith("=")
                found.update({start: _PASSWORD} if sure else {})
                self._short = -1 if sure else start
        if "-----BEGIN " in string and _KEY_BEGINS.search(string):
            self._left, self._short = _LONGEST_KEY, -1


class _Frame:
    """An object or an array that is being read."""

    __slots__ = (
        "all", "arguments", "commands", "data", "elements", "generates", "holder", "is_array", "is_key", "is_login",
        "is_secret", "key", "made", "named", "options", "outer", "private", "takes", "waiting",
    )  # fmt: skip

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
        self.commands: list[str] = []
        self.options: list[Option] = []
        self.is_key = self.is_secret = self.is_login = False
        """Whether it is a JSON web key, a secret of Kubernetes, and a command that signs in."""
        self.arguments: list[int] = []
        self.generates = False
        self.made: list[int] = []
        """Whether it is a resource that makes a secret, and what can be one in it."""
        self.private: list[int] = []
        self.data: list[int] = []
        """What is private of such a key, and what such a secret holds."""

    def enter(self, key: str) -> None:
        self.key = key
        self.takes = _last_word(key) in _VALUES

    def carried(self, *, is_array: bool) -> str:
        """Return the name of the secret that an object or array under the key now holds, or nothing."""
        if names_secret(self.key):
            return self.key
        if self.key == "cookies" and not self.is_array:
            return "cookie" if is_array else "cookies of"
        return self.holder if self.holder and (self.is_array or self.takes) else ""

    def inherit(self, inner: "_Frame") -> None:
        """Take what an object or array in this one holds, now that all of it has been read."""
        self.all.extend(inner.all)
        self.made.extend(inner.made)
        if inner.outer in {"data", "stringData"}:
            self.data.extend(inner.all)
        if inner.outer == "oth":
            self.private.extend(inner.private)
        if inner.is_array and not self.is_array:
            self.options.extend(inner.options)
            if _last_word(inner.outer) in _COMMAND_KEYS:
                self.arguments = inner.all

    def add(self, start: int, string: str, found: dict[int, str]) -> None:
        self.all.append(start)
        if len(string) <= _LONGEST_NAME and (name := command(string)):
            self.commands.append(name)
        if self.is_array:
            self._element(start, string, found)
            return
        self._structure(start, string)
        last = _last_word(self.key)
        if last in _NAMES and len(string) <= _LONGEST_NAME and names_secret(string):
            self.named = string
        elif self.takes and (last in _CERTAIN or " " not in string):
            self.waiting.append(start)
        if self.holder and (self.takes or (_HOLDER.search(self.holder.lower()) and last not in _DESCRIBES)):
            found[start] = "cookie" if self.holder == "cookies of" else self.holder

    def _structure(self, start: int, string: str) -> None:
        """Take note of what makes an object one that has secrets of its own."""
        if self.key in _PRIVATE or (self.outer == "oth" and self.key in _OTHER_PRIMES):
            self.private.append(start)
        elif self.key in _MADE:
            self.made.append(start)
        elif self.key == "type" and string in _GENERATORS:
            self.generates = True
        elif self.key == "kty":
            self.is_key = string in _KEY_TYPES
        elif self.key == "kind":
            self.is_secret = string == "Secret"
        elif string == "SecureString":
            self.named = _PASSWORD
        elif string == _LOGIN:
            self.is_login = True

    def _element(self, start: int, string: str, found: dict[int, str]) -> None:
        before = self.elements[-1] if self.elements else ""
        self.elements.append(string)
        if known := option(start, string, before):
            self.options.append(known)
        if before in _SETTINGS or (self.elements[1:2] == ["SETUSER"] and string.startswith(_RULES)):
            found[start] = _PASSWORD
        elif before.startswith("-") and len(before) <= _LONGEST_NAME:
            if names_secret(before.lstrip("-")) or (before in _USER_OPTIONS and ":" in string):
                found[start] = before.lstrip("-") if names_secret(before.lstrip("-")) else "password"
        elif len(self.elements) == 2 and len(before) <= _LONGEST_NAME and names_secret(before):
            self.named = before
            self.waiting.append(start)

    def close(self, found: dict[int, str]) -> None:
        """Name what waits for a name, now that all of it has been read. An array of two is a pair."""
        if self.is_array and self.elements[:1] == [_LOGIN] and len(self.elements) == len(self.all) <= _MOST_OF_LOGIN:
            # Elsewhere words can be a list of names, of which this is one.
            found[self.all[-1]] = _PASSWORD if _last_word(self.outer) in _COMMAND_KEYS else "secret"
        if self.generates:
            found.update(dict.fromkeys(self.made, _PASSWORD))
        if self.is_login:
            found.update(dict.fromkeys(self.arguments[-1:], _PASSWORD))
        if self.named and (not self.is_array or len(self.elements) == 2):
            found.update(dict.fromkeys(self.waiting, self.named))
        if self.is_key:
            found.update(dict.fromkeys(self.private, _PASSWORD))
        if self.is_secret:
            found.update(dict.fromkeys(self.data, _PASSWORD))
        for known in self.options if self.commands else ():
            if any(has(name, known) for name in self.commands):
                found[known.start] = OPTION_KEY if known.glued else _PASSWORD


@lru_cache(maxsize=4096)
def _names(text: str) -> bool:
    if text in _USER_OPTIONS or text in _STRUCTURES or text in _GENERATORS:
        return True
    return names_secret(text.lstrip("-")) or _KEY_BEGINS.search(text) is not None


@lru_cache(maxsize=4096)
def _last_word(key: str) -> str:
    return key_words(key).rpartition(" ")[2]
