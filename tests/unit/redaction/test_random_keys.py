"""A random key is missed less than once in ten thousand times, whatever its format and wherever it stands."""

import random
import re
import string
from typing import Final

import pytest

from a11i_redaction.detectors import letter_pairs, secrets
from a11i_redaction.detectors.patterns import PatternDetector
from a11i_redaction.detectors.secret_formats import SecretFormat
from a11i_redaction.detectors.vendor_formats import VENDOR_FORMATS
from tests.unit.redaction.drawn_keys import Draws, values

_SEED: Final = 20
_MOST_MISSED: Final = 1e-4
_DRAWS, _MOST_DRAWS, _ENOUGH = 100, 4_000, 4
"""How many keys of a format are drawn: so many that a single one that is missed is no reason."""
_KEYS: Final = 60
_ISSUED: Final = {
    "stripe": r"(?:sk|rk)_(?:live|test)_[A-Za-z0-9]{24}",
    "slack token": r"xox[bp]-\d{12}-\d{12}-[A-Za-z0-9]{24}",
    "flutterwave": r"FLWSECK-[0-9a-f]{32}-X",
    "cookies of a browser's table": r"session\t[A-Za-z0-9]{20}\t",
    "authorization of another scheme": r"authorization: SharedKey store:[A-Za-z0-9+/]{43}=",
}
"""What is issued, where the format takes shorter ones, or what a program writes around them."""
_MIXED: Final = [item for item in secrets.FORMATS if item.mixed]
_CARRIERS: Final = (
    '{{"k": "{}", "n": 1}}', "with key {}, pay", "https://h.example.com/v1/x?v={}&y=1", "x-thing: {}\r\nhost: a",
)  # fmt: skip


def _rng() -> random.Random:
    return random.Random(_SEED)  # noqa: S311  (fake keys that are the same in each run)


@pytest.mark.parametrize("item", _MIXED, ids=lambda item: item.name)
def test_hardly_any_key_is_missed_for_having_no_digit(item: SecretFormat) -> None:
    """Keys without a digit are drawn, and each counts as often as a key has none."""
    draws = Draws(_ISSUED.get(item.name, item.pattern), _rng(), digits=False)
    pattern = re.compile(item.pattern)
    missed = 0.0
    count = min(_MOST_DRAWS, max(_DRAWS, round(_ENOUGH * draws.draw().chance / _MOST_MISSED)))
    for _ in range(count):
        drawn = draws.draw()
        match = pattern.match(drawn.text)
        if match and not all(secrets.acceptable(item, drawn.text, 0, value) for value in values(match)):
            missed += drawn.chance
    assert missed / count <= _MOST_MISSED


@pytest.mark.parametrize("carrier", _CARRIERS)
def test_random_keys_of_all_vendors_are_found_wherever_they_stand(patterns: PatternDetector, carrier: str) -> None:
    rng = _rng()
    leaked: list[str] = []
    for item in VENDOR_FORMATS:
        draws, pattern = Draws(_ISSUED.get(item.name, item.pattern), rng, digits=True), re.compile(item.pattern)
        matches = [match for _ in range(_KEYS) if (match := pattern.match(draws.draw().text))]
        text = "\n".join(carrier.format(match.string) for match in matches)
        seen = list(text)
        for finding in patterns.find(text, ""):
            seen[finding.start : finding.end] = "\0" * (finding.end - finding.start)
        left = "".join(seen)
        leaked.extend(value for match in matches for value in values(match) if value in left)
    assert leaked == []


@pytest.mark.parametrize(
    "carrier",
    [
        'api_key = "{}"', "api key: {}", "API_TOKEN={}", '{{"client_secret": "{}"}}', "client_key: {}", "password: {}",
        "the signing secret ({}) is there", "the access token of it is {} now", "X-Api-Key: {}", "secret\n{}\n",
    ],
)  # fmt: skip
def test_keys_of_letters_alone_are_found_beside_what_names_them(patterns: PatternDetector, carrier: str) -> None:
    """One of 20 characters in 30 has no digit, one of 32 in 300."""
    rng = _rng()
    keys = ["".join(rng.choices(string.ascii_letters, k=length)) for length in (20, 24, 32) for _ in range(100)]
    texts = [carrier.format(key) for key in keys]
    missed = [key for key, text in zip(keys, texts, strict=True) if not _is_taken(patterns, text, key)]
    assert len(missed) <= 1


def _is_taken(patterns: PatternDetector, text: str, key: str) -> bool:
    start = text.index(key)
    return any(found.start <= start and start + len(key) <= found.end for found in patterns.find(text, ""))


@pytest.mark.parametrize(
    "words",
    [
        "glpat-ThisIsNoTokenBecauseOfItsWords", "sk-" + "yourkeyhereyourkeyhereyourkeyherexx",
        "sk-your-personal-access-token-goes-here",
        "sk-ABCDEFGHIJKLMNOPQRSTUVWXYZ",
        "npg_abcdefghijklmnop", "API-REFERENCEDOCUMENTATIONFOR", "fw_getAuthenticationProviders",
        "bearer token-authentication-middleware", "SCWORGANISATIONALUNIT",
        "gsk_AAAABBBBCCCCDDDDEEEEFFFFGGGGHHHHIIIIJJJJ",
        "api_key: getAuthenticationProviders", "client_key = DocumentXMLRequestHandler", "password: alsjeblieft",
        "https://app.test/verify/the-address-of-the-customer", "tvly-krankenversicherungsnummer",
    ],
)  # fmt: skip
def test_words_in_the_form_of_a_key_stay(patterns: PatternDetector, words: str) -> None:
    assert patterns.find(words, "") == []


def test_names_of_code_are_words() -> None:
    names = ["dict_keyiterator", "TemporaryDirectory", "getaddrinfo_timeout", "assertCountEqual", "ThreadPoolExecutor"]
    assert not [name for name in names if letter_pairs.are_random(name)]
    rng = _rng()
    keys = ["".join(rng.choices(string.ascii_letters, k=24)) for _ in range(2_000)]
    assert all(map(letter_pairs.are_random, keys))
