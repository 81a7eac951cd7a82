"""Tells letters drawn at random from words: by which letter follows which, and by where capitals stand."""

import re
from itertools import pairwise
from string import ascii_lowercase
from typing import Final

_ROWS: Final = (
    "44430130301544030545211120", "54414200430511420442400030", "50444004304411500324300020",
    "42246210500311410332310010", "31454420100335121554021310", "41224440600311510433300020",
    "31116144400424310443310000", "50116004501221510324200020", "32433230440436420344020102",
    "50316101444200520230500010", "41326231504413320352203010", "40136100500441410033300040",
    "53026000500244440031300010", "40444350302214410045220000", "12340220202445440533423100",
    "50115202400400444534300020", "11311111100212114441611000", "51336120501232420444210020",
    "30415113402211331145401020", "41215104500211420444401030", "34323220300445240444440000",
    "61106110500111310220044000", "51225203500214410442004400", "32434402400221250235111440",
    "22324210400334350354122044", "50216200500110400112101014",
)  # fmt: skip
"""For each letter, how much oftener than by chance each other one follows it: the binary logarithm, and three, from 0
to 6. Counted in the 17,656 words of three to 24 letters in the sources of Python 3.11's standard library; a letter
twice, and the next one of the alphabet, are no less than 4, as placeholders are full of them."""
_FOLLOWS: Final = {
    first + second: float(digit) - 3
    for first, row in zip(ascii_lowercase, _ROWS, strict=True)
    for second, digit in zip(ascii_lowercase, row, strict=True)
}
_WORD_BEGINS, _SMALL, _CAPITALS = -1.0, 0.5, -1.0
"""Likewise of a capital behind a small letter, two small ones and two capitals, where both are in one run of letters:
in `camelCase` small letters stand side by side, in random ones half of all pairs change."""
_LETTERS: Final = re.compile(r"[A-Za-z]+")
_AGAIN: Final = re.compile(r"(?!(.)\1{4})([A-Za-z]{5})[^\s]{0,100}\2")
"""Five letters that come again, as in `yourkeyhereyourkeyhere`: in 48 random ones three times in a million. Some keys
begin with one letter many times."""
_LONGEST_PREFIX: Final = 8
"""Letters of a part of a format's prefix, such as `proj` and `test`, which would pass for words."""
_SHORTEST_BODY: Final = 6
"""Letters that stand together somewhere behind it."""
_FEWEST: Final = 10
"""Letters that say anything: of fewer random ones some are words."""
_SHORTEST_KEY: Final = 20
"""Characters of a key where no format says that it is one: of so long names of code one in 200 has letters like it."""
_WORDS: Final = 0.6
"""What a pair of letters in words has at least, on average. Of names of code with 20 letters one in 100 has less, with
12 one in 25; of 12 random letters one in 1,000 more, of 20 one in 10,000."""


def are_random(text: str) -> bool:
    """Return whether the letters of a text, which has no digit, are no words."""
    runs = _LETTERS.findall(text)
    prefix, left = 0, sum(map(len, runs))
    while prefix < len(runs) and _can_be_prefix(runs[prefix]) and left - len(runs[prefix]) >= _FEWEST:
        left -= len(runs[prefix])
        prefix += 1
    if max(map(len, runs[prefix:]), default=0) < _SHORTEST_BODY:  # Short words, of which none is a prefix.
        prefix, left = 0, sum(map(len, runs))
    body = runs[prefix:]
    return left >= _FEWEST and sum(map(_score, body)) < _WORDS * (left - len(body)) and _AGAIN.search(text) is None


def are_key(text: str) -> bool:
    """Return whether letters are those of a key that no format tells: many, random, and of both cases within a word."""
    return (
        len(text) >= _SHORTEST_KEY
        and any(not (run.islower() or run.isupper() or run.istitle()) for run in _LETTERS.findall(text))
        and are_random(text)
    )


def _can_be_prefix(run: str) -> bool:
    return len(run) <= _LONGEST_PREFIX and (run.islower() or run.isupper())


def _score(run: str) -> float:
    """Return how much likelier a run of letters is in words than by chance: a binary logarithm."""
    lowered = run.lower()
    if lowered in {run, run[0].lower() + run[1:]} or run.isupper():
        return sum(_FOLLOWS[first + second] for first, second in pairwise(lowered))
    score = 0.0
    for first, second in pairwise(run):
        if first.islower() and second.isupper():
            score += _WORD_BEGINS
            continue
        score += _FOLLOWS[(first + second).lower()]
        if first.islower() == second.islower():
            score += _SMALL if first.islower() else _CAPITALS
    return score
