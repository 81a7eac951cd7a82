"""Text for generated conversations: English enough for detectors and tokenizers to work as they would."""

import random
from typing import Final

_TEXT: Final = (
    "the a of to and in is for on with that this from by as at it be are was order invoice customer account report "
    "week month year value result table index query server cluster node region release build test deploy rollback "
    "latency error retry budget window forecast revenue margin shipment warehouse supplier contract clause renewal "
    "patient visit schedule course lesson student exam grade travel hotel flight ticket refund policy agent model "
    "prompt answer context summary section chapter figure source reference note draft review comment change request "
    "please check compare explain list find update send write create remove keep next previous first last several "
    "because although however therefore about between within without before after during under over more less most"
)
WORDS: Final = tuple(_TEXT.split())
FIRST_NAMES: Final = ("Maria", "James", "Aisha", "Kenji", "Elena", "David", "Priya", "Thomas", "Sofia", "Omar")
LAST_NAMES: Final = (
    "Hernandez",
    "Miller",
    "Okafor",
    "Tanaka",
    "Petrova",
    "Novak",
    "Sharma",
    "Weber",
    "Rossi",
    "Haddad",
)


def sentence(rng: random.Random) -> str:
    """Return 6 to 18 words with a capital and a full stop."""
    words = rng.choices(WORDS, k=rng.randint(6, 18))
    return words[0].capitalize() + " " + " ".join(words[1:]) + "."


def paragraph(rng: random.Random, chars: int) -> str:
    """Return sentences of about `chars` characters; one in twelve holds something personal."""
    parts: list[str] = []
    length = 0
    while length < chars:
        part = personal(rng) if rng.random() < 1 / 12 else sentence(rng)
        parts.append(part)
        length += len(part) + 1
    return " ".join(parts)


def personal(rng: random.Random) -> str:
    """Return a sentence with a name, and mostly with an e-mail address, a phone number, a card or a key."""
    first, last = rng.choice(FIRST_NAMES), rng.choice(LAST_NAMES)
    forms = (
        f"Please write to {first}.{last}{rng.randint(1, 999)}@mail{rng.randint(1, 99)}.com about it.".lower(),
        f"{first} {last} asked for a call at +1 415 555 {rng.randint(1000, 9999)} tomorrow.",
        f"My name is {first} {last} and the order is {rng.randint(10**7, 10**8)}.",
        f"The card is {_card(rng)} and it expires soon.",
        # Put together here, so that no file holds anything that looks like a key.
        f"Use the key {'AK' + 'IA'}{''.join(rng.choices('ABCDEFGHIJKLMNOPQRSTUVWXYZ234567', k=16))} for the upload.",
    )
    return rng.choice(forms)


def _card(rng: random.Random) -> str:
    """Return a number of 16 digits with the check digit that payment cards have (ISO/IEC 7812-1, Luhn)."""
    digits = [4, *(rng.randint(0, 9) for _ in range(14))]
    total = sum(sum(divmod(digit * 2, 10)) if index % 2 == 0 else digit for index, digit in enumerate(digits))
    return "".join(map(str, [*digits, -total % 10]))
