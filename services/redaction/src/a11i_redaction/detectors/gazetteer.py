"""First names and surnames of some seventy countries, as a second voice beside the language model.

The lists are those that the package Faker (MIT) carries to make up people. They say what can be a name; a word that
people also write with a capital for other reasons (`Hope`, `Page`, `Jordan`) says little alone.
"""

import importlib
import pkgutil
import re
import sys
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from faker.providers import lorem, person

from a11i_redaction.detectors.name_words import NO_NAMES, NO_NAMES_ALONE

_WORDS: Final = re.compile(r"[^\s\d,.()/]+")
"""Not only letters: vowel signs of Indic scripts and Thai are none."""
_PLAIN_LANGUAGES: Final = ("en_US", "de_DE", "fr_FR", "nl_NL", "pl_PL")
_KOREAN_SYLLABLES: Final = (
    "ah|beom|bin|bo|bok|byeong|byung|chae|chan|cheol|chul|da|dae|deok|do|dong|duk|eun|ga|geun|gi|gyeong|gyu|ha|hae"
    "|han|hee|heon|ho|hoon|hun|hwa|hwan|hye|hyeok|hyeon|hyo|hyuk|hyun|il|in|jae|je|jeong|ji|jin|jong|joo|joon|ju|jun"
    "|jung|kang|ki|kwang|kwon|kyeong|kyu|kyung|man|mi|min|moo|moon|mu|mun|myeong|myung|na|nam|no|ok|ra|ram|ran|ri|rin"
    "|ryong|sang|seo|seok|seon|seong|seung|si|sik|so|sook|soo|soon|su|suk|sun|sung|tae|u|uk|un|ung|wan|won|woo|wook"
    "|woong|ya|ye|yeol|yeon|yeong|yo|yong|yoo|yoon|young|yu|yul|yun"
)
_KOREAN: Final = re.compile(rf"(?:{_KOREAN_SYLLABLES})-(?:{_KOREAN_SYLLABLES})")
_SHORTEST: Final = 2


@lru_cache(maxsize=65_536)
def folded(word: str) -> str:
    """Return a word as the lists hold it: lower case, no accents, so that `Jose` and `JOSÉ` are one."""
    word = word.replace("\u2019", "'").lower().removesuffix("'s")
    if word.isascii():
        return word
    return "".join(char for char in unicodedata.normalize("NFKD", word) if not unicodedata.combining(char))


@dataclass(frozen=True, slots=True)
class Gazetteer:
    """The lists, folded. `given` holds first names, `family` surnames."""

    given: frozenset[str]
    family: frozenset[str]
    plain: frozenset[str]
    """Words of everyday language, of which some are names too."""

    def is_given(self, word: str) -> bool:
        """Return whether it is a first name: on the list, or of parts that are, or of two Korean syllables."""
        name = folded(word)
        if name in self.given:
            return True
        return "-" in name and (_KOREAN.fullmatch(name) is not None or self._all(name, self.given))

    def is_family(self, word: str) -> bool:
        """Return whether it is a surname, or made of surnames."""
        name = folded(word)
        if name in self.family:
            return True
        joint = name.replace("'", "")
        return joint in self.family or ("-" in name and self._all(name, self.family))

    def is_plain(self, word: str) -> bool:
        """Return whether people write the word for other reasons too."""
        name = folded(word)
        return name in self.plain or name in NO_NAMES

    def alone(self, word: str) -> bool:
        """Return whether a first name says by itself that a person is meant."""
        name = folded(word)
        return len(name) > _SHORTEST and name not in NO_NAMES_ALONE and not self.is_plain(word) and self.is_given(word)

    def _all(self, name: str, known: frozenset[str]) -> bool:
        return all(len(part) > 1 and part in known for part in name.split("-"))


@lru_cache(maxsize=1)
def gazetteer() -> Gazetteer:
    """Return the lists: some 60,000 names, half a second to load."""
    given: set[str] = set()
    family: set[str] = set()
    for provider in _providers(person.__path__, person.__name__):
        for attribute, value in vars(provider).items():
            if attribute.startswith("_") or not isinstance(value, list | tuple | dict):
                continue
            if "first" in attribute:
                given.update(_folded_words(value))
            elif "last" in attribute:
                family.update(_folded_words(value))
    plain = {
        folded(word)
        for language in _PLAIN_LANGUAGES
        for word in importlib.import_module(f"{lorem.__name__}.{language}").Provider.word_list
    }
    return Gazetteer(frozenset(given), frozenset(family), frozenset(plain))


def _providers(path: Iterable[str], package: str) -> Iterator[Any]:
    for module in pkgutil.iter_modules(path):
        name = f"{package}.{module.name}"
        loaded = name in sys.modules
        yield importlib.import_module(name).Provider
        if not loaded:
            # Its lists, weights included, are not needed again.
            del sys.modules[name]


def _folded_words(names: Iterable[object]) -> Iterator[str]:
    for name in names:
        for word in _WORDS.findall(name) if isinstance(name, str) else ():
            if len(word) > 1 or not word.isascii():
                yield folded(word)
