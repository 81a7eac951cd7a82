"""Values that exist nowhere else, one for each place where telemetry has text: a leak names the place it came from."""

import base64
import secrets
from collections.abc import Mapping
from urllib.parse import quote

NAMES = (
    *("Margaret Thornbury", "Jonathan Whitfield", "Elizabeth Carmichael", "Benjamin Hargreaves"),
    *("Catherine Ellsworth", "Nathaniel Pemberton", "Samantha Fitzgerald", "Christopher Langdon"),
    *("Victoria Ashworth", "Timothy Blackwood", "Rebecca Sutherland", "Gregory Winslow", "Charlotte Kingsley"),
    *("Frederick Holloway", "Josephine Barrington", "Theodore Whitaker", "Penelope Radcliffe", "Raymond Hollister"),
    *("Deborah Lancaster", "Lawrence Stapleton", "Jennifer Hathaway", "Kenneth Bradshaw", "Patricia Goodwin"),
)  # fmt: skip
"""Names of nobody in particular that a small language model knows for names. Unique in a mesh of its own."""


class Canaries:
    """Makes values, and remembers them."""

    def __init__(self) -> None:
        self.planted: dict[str, str] = {}
        """Every value, and the form in which it was planted, by itself -> the place."""
        self._names = iter(NAMES)

    def mail(self, place: str) -> str:
        """An e-mail address."""
        return self._keep(place, f"{secrets.token_hex(6)}.canary@{secrets.token_hex(4)}-corp.com")

    def key(self, place: str) -> str:
        """A provider's API key, which no file may hold: it is put together here."""
        return self._keep(place, "sk-" + "proj-" + secrets.token_urlsafe(36).replace("-", "x").replace("_", "y"))

    def card(self, place: str) -> str:
        """The number of a payment card, with the check digit of ISO/IEC 7812-1."""
        digits = "4" + f"{secrets.randbelow(10**14):014}"
        doubled = [int(digit) * (2 if index % 2 == 0 else 1) for index, digit in enumerate(digits)]
        return self._keep(place, digits + str(-sum(number // 10 + number % 10 for number in doubled) % 10))

    def name(self, place: str) -> str:
        """A person's name."""
        return self._keep(place, next(self._names))

    def text(self, place: str) -> str:
        """A sentence with an address, a key and a card."""
        return f"Write to {self.mail(place)} with key {self.key(place)}, pay by card {self.card(place)}."

    def prose(self, place: str) -> str:
        """Such a sentence, by somebody."""
        return f"My name is {self.name(place)} and I live here. {self.text(place)}"

    def disguised(self) -> Mapping[str, str]:
        """Values in disguise, by the disguise."""
        mails = {way: self.mail(way) for way in ("percent", "entity", "markup", "unseen", "spelt", "base64", "escape")}
        texts = {
            "percent": mails["percent"].replace("@", "%40"),
            "entity": mails["entity"].replace("@", "&#64;"),
            "markup": mails["markup"].replace(".canary", "<b>.can</b>ary"),
            "unseen": mails["unseen"].replace(".canary", ".ca\u200bnary"),
            "spelt": mails["spelt"].replace("@", " [at] ").replace(".com", " [dot] com"),
            "escape": mails["escape"].replace("@", "\\u0040"),
        }
        for way, text in texts.items():
            self._keep(way, text)
        card = self.card("line break")
        texts["line break"] = self._keep("line break", f"{card[:8]}-\n{card[8:]}")
        texts["base64"] = self._keep("base64", base64.b64encode(f"write to {mails['base64']}".encode()).decode())
        return {way: f"write to {text} please" if way != "base64" else text for way, text in texts.items()}

    def _keep(self, place: str, value: str) -> str:
        self.planted[value] = place
        return value


def forms(value: str) -> set[bytes]:
    """Return what a value looks like in bytes: as it is, in UTF-16, JSON, a URL, hexadecimal digits and base64."""
    plain = value.encode()
    found = {plain, value.encode("utf-16-le"), plain.hex().encode(), quote(value, safe="").encode()}
    found.add(value.encode("ascii", "backslashreplace"))
    # Base64 has three forms, by where the value begins in its bytes; the ends depend on what is around it.
    for shift in range(3):
        coded = base64.b64encode(b"\0" * shift + plain)
        found.add(coded[4 if shift else 0 : -4])
    return found
