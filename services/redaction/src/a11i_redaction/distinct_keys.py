"""Keys that redaction made equal, told apart again: a value must not be lost because its key has become another's."""

import json
import re
from collections.abc import Collection, Sequence
from typing import Final

_TOKEN: Final = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"(?P<colon>[ \t\r\n]*+:)?|[{}]')


def told_apart(keys: Sequence[str], changed: Sequence[bool]) -> list[str]:
    """Return the keys of one object, of which those that redaction changed have a number where others are equal.

    `<EMAIL_ADDRESS_3f2a9c01>`, then `<EMAIL_ADDRESS_3f2a9c01> (2)`. Those that it did not change stay.
    """
    taken = {key for key, new in zip(keys, changed, strict=True) if not new}
    numbers: dict[str, int] = {}
    result = []
    for key, new in zip(keys, changed, strict=True):
        apart = key
        while new and apart in taken:
            numbers[key] = numbers.get(key, 1) + 1
            apart = f"{key} ({numbers[key]})"
        taken.add(apart)
        result.append(apart)
    return result


def with_keys_apart(text: str, changed: Collection[int]) -> str:
    """Return JSON in which no two keys of an object are equal because of redaction.

    `changed` are the places, in valid JSON, where keys begin that redaction changed.
    """
    open_objects: list[list[tuple[int, int]]] = []
    replaced: list[tuple[int, int, str]] = []
    for match in _TOKEN.finditer(text):
        sign = text[match.start()]
        if sign == "{":
            open_objects.append([])
        elif sign == "}":
            replaced.extend(_of_object(text, open_objects.pop(), changed))
        elif match["colon"] is not None:
            open_objects[-1].append((match.start(), match.start("colon")))
    pieces: list[str] = []
    position = 0
    for start, end, key in sorted(replaced):
        pieces.extend((text[position:start], key))
        position = end
    pieces.append(text[position:])
    return "".join(pieces)


def _of_object(text: str, places: Sequence[tuple[int, int]], changed: Collection[int]) -> list[tuple[int, int, str]]:
    new = [start in changed for start, _ in places]
    if len(places) < 2 or not any(new):
        return []
    keys = [str(json.loads(text[start:end])) for start, end in places]
    apart = told_apart(keys, new)
    return [
        (start, end, json.dumps(after, ensure_ascii=text[start:end].isascii()))
        for (start, end), before, after in zip(places, keys, apart, strict=True)
        if before != after
    ]
