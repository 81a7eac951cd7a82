"""What splits or encodes a value, and what goes around a whole text."""

import base64
import html
import json
import math
from collections.abc import Callable, Mapping
from typing import Final
from urllib.parse import quote

from tests.bench.redaction.labels import Disguise, Wrap


def _between(*inserts: str) -> Disguise:
    """Return a disguise that cuts a value into equal pieces, with one of the inserts at each cut."""

    def disguise(value: str) -> list[tuple[str, bool]]:
        count = len(inserts) + 1
        size = math.ceil(len(value) / count)
        pieces: list[tuple[str, bool]] = []
        for number in range(count):
            if number:
                pieces.append((inserts[number - 1], False))
            pieces.append((value[number * size : (number + 1) * size], True))
        return pieces

    return disguise


def _each(insert: str) -> Disguise:
    """Return a disguise that puts something between all characters."""

    def disguise(value: str) -> list[tuple[str, bool]]:
        pieces: list[tuple[str, bool]] = []
        for number, char in enumerate(value):
            if number:
                pieces.append((insert, False))
            pieces.append((char, True))
        return pieces

    return disguise


def _encoded(encode: Callable[[str], str]) -> Disguise:
    return lambda value: [(encode(value), True)]


def _chars(of: Callable[[str], str], only: str = "") -> Disguise:
    """Return a disguise that encodes characters one by one: all of them, or those that `only` names."""
    return _encoded(lambda value: "".join(of(char) if not only or char in only else char for char in value))


_PUNCTUATION: Final = " @.:/+-_=~&#?,'\""

DISGUISES: Final[Mapping[str, Disguise]] = {
    "lower": _encoded(str.lower),
    "upper": _encoded(str.upper),
    # Split
    "tags": _between("<b>", "</b>"),
    "span": _between('</span><span class="x">'),
    "wbr": _between("<wbr>", "<wbr>"),
    "br": _between("<br/>"),
    "comment": _between("<!-- -->"),
    "zwsp": _between("\u200b", "\u200b"),
    "zwnj": _each("\u200c"),
    "bom": _between("\ufeff"),
    "shy": _between("\u00ad", "\u00ad"),
    "wj": _each("\u2060"),
    "line": _between("\n"),
    "crlf": _between("\r\n"),
    "indented": _between("\n    "),
    "quoted": _between("\n> "),
    "soft": _between("=\n"),
    "backslash": _between("\\\n"),
    "concat": _between('" + "'),
    "literals": _between('"\n    "'),
    "stars": _between("**", "**"),
    "ansi": _between("\x1b[1m", "\x1b[0m"),
    # Encoded
    "html_dec": _chars(lambda char: f"&#{ord(char)};"),
    "html_hex": _chars(lambda char: f"&#x{ord(char):x};", _PUNCTUATION),
    "percent": _encoded(lambda value: quote(value, safe="")),
    "percent_all": _chars(lambda char: "".join(f"%{byte:02X}" for byte in char.encode())),
    "percent_twice": _encoded(lambda value: quote(quote(value, safe=""), safe="")),
    "plus": _encoded(lambda value: quote(value, safe=" ").replace(" ", "+")),
    "unicode": _chars(lambda char: f"\\u{ord(char):04x}"),
    "unicode_some": _chars(lambda char: f"\\u{ord(char):04x}", _PUNCTUATION),
    "hex": _chars(lambda char: "".join(f"\\x{byte:02x}" for byte in char.encode())),
    "base64": _encoded(lambda value: base64.b64encode(value.encode()).decode()),
    "base64_url": _encoded(lambda value: base64.urlsafe_b64encode(value.encode()).decode().rstrip("=")),
    "base64_text": _encoded(lambda value: base64.b64encode(f"please note: {value}, thank you".encode()).decode()),
    "hex_bytes": _encoded(lambda value: value.encode().hex()),
    "full_width": _chars(lambda char: chr(ord(char) + 0xFEE0) if "!" <= char <= "~" else char),
    "nbsp": _encoded(lambda value: value.replace(" ", "\u00a0").replace("-", "\u2011")),
    "at_dot": _encoded(lambda value: value.replace("@", " [at] ").replace(".", " [dot] ")),
}


def _json(char: str) -> str:
    return json.dumps(char, ensure_ascii=False)[1:-1]


def _json_ascii(char: str) -> str:
    return json.dumps(char)[1:-1]


WRAPS: Final[Mapping[str, Wrap]] = {
    "message": ('[{"role": "user", "parts": [{"type": "text", "content": "', _json_ascii, '"}]}]'),
    "string": ('"', _json, '"'),
    "arguments": ('{"name": "send", "arguments": "{\\"text\\": \\"', lambda char: _json(_json(char)), '\\"}"}'),
    "result": ('{"status": 200, "body": "', lambda char: _json_ascii(char).replace("/", "\\/"), '", "took_ms": 12}'),
    "html": ("<html><body><p>", lambda char: html.escape(char).replace("\n", "<br>\n"), "</p></body></html>"),
    "xml": ("<record><note>", html.escape, "</note></record>"),
}
