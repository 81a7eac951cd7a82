"""Options of commands that have a password: written with it, as in `-pPASSWORD`, or before it."""

import re
from typing import Final, NamedTuple

_GLUED: Final = re.compile(r"(--[a-z\-]{1,24}=|-[A-Za-z])(?=[^=].{2})")
_MYSQL: Final = ("", "admin", "check", "dump", "import", "pump", "sh", "show", "slap")


class _Options(NamedTuple):
    glued: frozenset[str]
    apart: frozenset[str]


def _options(glued: str = "", apart: str = "") -> _Options:
    return _Options(frozenset(glued.split()), frozenset(apart.split()))


_COMMANDS: Final = {
    **{f"mysql{tool}": _options("-p") for tool in _MYSQL},
    **{f"mariadb{tool}": _options("-p") for tool in ("", "-admin", "-dump", "-import")},
    **{f"mongo{tool}": _options("-p", "-p") for tool in ("", "dump", "export", "import", "restore", "sh")},
    **{f"ldap{tool}": _options("-w", "-w") for tool in ("add", "delete", "modify", "passwd", "search", "whoami")},
    **{tool: _options("-p") for tool in ("7z", "7za", "rar", "unrar")},
    **{tool: _options("-P", "-P") for tool in ("sqlcmd", "bcp", "zip", "unzip")},
    "curl": _options("-u -U --user= --proxy-user=", "-U --proxy-user"),
    "login": _options("-p", "-p"),
    "openssl": _options("", "-k -K"),
    "redis-cli": _options("-a", "-a"),
    "ssh-keygen": _options("-N -P", "-N -P"),
    "sshpass": _options("-p", "-p"),
}
"""By the name of the command, as their manual pages have it; `login` is one of docker, podman, az and others."""
_WITH_USER: Final = frozenset({"-u", "-U", "--user=", "--proxy-user", "--proxy-user="})
"""Options that have the user before the password."""
_APART: Final = frozenset().union(*(options.apart for options in _COMMANDS.values()))
COMMAND_ENDS: Final = frozenset(name[-3:] for name in _COMMANDS)
"""How the names of these commands end: what ends otherwise need not be asked about."""


class Option(NamedTuple):
    """A string of a list that is a password if the list is of a command that has the option."""

    start: int
    option: str
    glued: bool


def command(text: str) -> str:
    """Return the command that a string is, or nothing."""
    name = text.rpartition("/")[2] if text[-3:] in COMMAND_ENDS else ""
    return name if name in _COMMANDS else ""


def option(start: int, text: str, before: str) -> Option | None:
    """Return the option whose password a string can be, if any: its own, or the one before it in the list."""
    glued = _GLUED.match(text)
    name = glued[1] if glued else before
    if (not glued and before not in _APART) or (name in _WITH_USER and ":" not in text):
        return None
    return Option(start, name, glued is not None)


def has(command_name: str, found: Option) -> bool:
    """Return whether a command has an option."""
    options = _COMMANDS[command_name]
    return found.option in (options.glued if found.glued else options.apart)


def glued_length(text: str) -> int:
    """Return how much of a text is the option that a password is written with."""
    glued = _GLUED.match(text)
    return glued.end() if glued else 0
