"""What splits a value in a text: markup, emphasis, colours of terminals, quotes of code, line breaks, signs."""

import re
from collections.abc import Iterator
from typing import Final

from a11i_redaction.detectors import card_lists
from a11i_redaction.detectors.budget import Budget
from a11i_redaction.detectors.recognizers import CardRecognizer
from a11i_redaction.detectors.vetoes import no_card
from a11i_redaction.views.layers import Edit

_INLINE: Final = (
    "a|abbr|acronym|b|bdi|bdo|big|cite|code|data|del|dfn|em|font|i|ins|kbd|label|mark|nobr|q|s|samp|small|span|strike"
    "|strong|sub|sup|time|tt|u|var|wbr"
)
"""Elements within a line (HTML Living Standard, 4.5, and obsolete ones). Those around lines separate values."""
_LINE_HEAD: Final = r"[ \t]{0,40}(?:(?:[>|#*]|//|--)[ \t]{0,4}){0,4}"
_NEXT_LINE: Final = r"\r?\n" + _LINE_HEAD
_JOINT: Final = r"[ \t]{0,8}(?:\r?\n[ \t]{0,40})?(?:\+|\|\||&|\.)[ \t]{0,8}(?:\\?\r?\n[ \t]{0,40})?"
"""Between two strings of code that are one."""

MARKUP_GATE: Final = (
    rf"\x1b\[|</?(?:{_INLINE})[\s/>]|<!--|<br|[\w@.+\-](?:\*{{1,2}}|~~)[\w@.+\-]|\"{_JOINT}\"|'{_JOINT}'"
)
"""What the prefilter looks for, whatever the case."""
SPELT_GATE: Final = r"[\[({<] ?(?:at|dot) ?[\])}>]|\w at [\w\-]{2,60} dot [a-z]"
BREAK_GATE: Final = "|".join((
    rf"[\d\-.)/][ =\\]?{_NEXT_LINE}[\d(\-./]",
    rf"@[\w.\-]{{0,80}}[=\\]?{_NEXT_LINE}[\w.\-]",
    rf"[\w.+\-][=\\]?{_NEXT_LINE}[\w.+\-]{{0,64}}@",
    rf"[\w\-+/]{{5}}[=\\]?{_NEXT_LINE}[\w\-+/]{{5}}",
    rf"[A-Z0-9][ ]?{_NEXT_LINE}[A-Z0-9]{{2}}",
    r"[\w@.+\-/]\"[ \t]{0,8}\r?\n[ \t]{0,40}\"[\w@.+\-/]",
))  # fmt: skip
_CARD_JOINT: Final = r"(?:[._/|\t]|[ \t]{2,4}| ?[\-./] )"
CARD_GATE: Final = (
    rf"\d{{4}}{_CARD_JOINT}(?:\d{{4}}{_CARD_JOINT}\d{{4}}{_CARD_JOINT}\d{{3}}|\d{{6}}{_CARD_JOINT}\d{{4}})"
    r"|(?:\d(?:[ ._\-/\t]|  )){12}\d"
)
SSN_GATE: Final = r"\d{3}[^\da-zA-Z]{1,5}\d\d[^\da-zA-Z]{1,5}\d{4}|\d(?:[ ._/\-]\d){8}"
LIST_GATE: Final = card_lists.GATE

_MARKUP: Final = re.compile(
    # What it can begin with comes first, so that the rest is tried at few places.
    r"(?P<first>[<\x1b*~\"'])(?:"
    rf"(?<=<)(?:/?(?i:{_INLINE})(?:\s[^<>]{{0,300}})?/?>|!--[^<>]{{0,300}}-->)"
    rf"|(?P<tag>(?<=<)[bB][rR]\b[^<>]{{0,40}}>(?:{_NEXT_LINE})?)"
    r"|(?<=\x1b)\[[0-9;:?]{0,40}[A-Za-z]"
    r"|(?:(?<=\w\*)\*?|(?<=\w~)~)(?=[\w@.+\-])|(?:(?<=[@.+\-]\*)\*?|(?<=[@.+\-]~)~)(?=\w)"
    rf"|(?<=[\"']){_JOINT}(?P=first))"
)
_SPELT: Final = re.compile(
    r"(?P<at>[ \t]{0,3}[\[({<] ?(?:at|AT|At) ?[\])}>][ \t]{0,3}|(?<=\w) at (?=[\w\-]{2,60} dot [a-z]{2}))"
    r"|(?P<dot>[ \t]{0,3}[\[({<] ?(?:dot|DOT|Dot) ?[\])}>][ \t]{0,3}|(?<=\w) dot (?=[a-z]{2,12}\b))"
)
_BREAK: Final = re.compile(rf"\n(?:[ \t]{{0,40}}\"|{_LINE_HEAD})(?=[\w@.+\-/(])")
_BREAK_BEFORE: Final = re.compile(r"(?<=[\w@.+\-/)])(?P<quote>\"[ \t]{0,8})?(?P<sign>[ =\\])?\r?\Z")
_LONGEST_BREAK_BEFORE: Final = 12
_TOKEN_END: Final = re.compile(r"[\s\"'`<>(),;=|]")
_HEAD: Final = re.compile(r"[^\s\"'`<>(),;|]{0,80}")
_LONGEST_TOKEN: Final = 80
_ASSIGNMENT: Final = re.compile(r"[A-Za-z_][\w.\-]{0,60}[ ]?[=:]")
_IBAN_HEAD: Final = re.compile(r"(?<![A-Za-z0-9])[A-Z]{2}\d{2}(?: ?[A-Z0-9]){0,28} ?\Z")
_IBAN_CHARS: Final = re.compile(r"[A-Z0-9]{2}")
_LONGEST_IBAN: Final = 42
"""With a space between its groups of four (ISO 13616)."""
_SHORTEST_HALF: Final = 5
_SHORTEST_KEY: Final = 14
_KEY_HEAD: Final = re.compile(r"[0-9_\-]|[a-z][A-Z]|[A-Z]{5}")
"""What the first part of a key has, and few words."""
_RANDOM: Final = re.compile(
    r"(?=[^0-9]*[0-9])(?:(?=.*[A-Z])(?=.*[a-z])(?![A-Z]?[a-z]+[0-9.]+\Z).{5,}|(?=.*[A-Za-z]).{16,}|(?=\d*[A-Z])[A-Z0-9]{8,})"
)
"""What goes on with a key: no word, and no word with a number."""
_NUMBER_BEFORE: Final = re.compile(r"\d[\d ().\-/]*\Z")
_NUMBER_AFTER: Final = re.compile(r"[\-./(]?\d[\d ().\-/]*")
_LONGEST_NUMBER: Final = 48
_FEWEST_DIGITS: Final = 4
"""In each part of it."""
_NEXT_CELL: Final = frozenset({",", ";", "\t", "|"})
"""What stands behind a number that is the first cell of a row."""
_LINE_NUMBER: Final = re.compile(r"\d{4}-\d\d-\d\d|\d{1,2}:\d\d|\d{1,3}[.)] ")
"""What lines of logs and of lists begin with."""
_NUMBER_LINE: Final = re.compile(r"[ \t>|#*]*[\d ().\-]{3,40}[,;]?\r?")

_CARD: Final = re.compile(
    rf"(?<!\d)(?:\d{{4}}(?P<joint>{_CARD_JOINT})(?:\d{{4}}(?P=joint)\d{{4}}(?P=joint)\d{{4}}(?:(?P=joint)\d{{3}})?"
    r"|\d{6}(?P=joint)\d{4,5})(?!\d|(?P=joint)\d)"
    r"|\d(?P<each>[ ._\-/\t]|  )(?:\d(?P=each)){11,17}\d(?!\d|(?P=each)\d))"
)
_SSN_JOINT: Final = r"[ ]{0,2}[/._:|*~+=\\\-)\u00b7\u2014\u2022][ ]{0,2}|[ ]{1,3}|[\t,]"
_SSN: Final = re.compile(
    rf"(?<![\w.\-/])\d{{3}}(?P<first>{_SSN_JOINT})\d\d(?P<second>{_SSN_JOINT})\d{{4}}(?![\w\-/]|[.,]\d)"
    r"|(?<!\d)(?<!\d[ ._/\-])\d(?P<each>[ ._/\-])(?:\d(?P=each)){7}\d(?![ ._/\-]?\d)"
)
_USUAL: Final = frozenset({"-", " ", "."})
"""Between the groups of a social security number, where they are the same: the recognizer knows them so."""
_HYPHENS: Final = {2: "-", 4: "-"}
_CARDS: Final = CardRecognizer()
_NO_DIGITS: Final = re.compile(r"\D+")
_LONGEST_LINE: Final = 400


def markup(text: str, budget: Budget) -> Iterator[Edit]:
    """Yield markup within a line, comments, emphasis, colours and the signs between the strings of code as nothing.

    A break in HTML is a weak one.
    """
    for match in _MARKUP.finditer(text):
        budget.step()
        start, end = match.span()
        if match["tag"] is None:
            yield Edit(start, end, "")
            continue
        words = text[start - 1 : start].isalpha() and text[end : end + 1].isupper()
        yield Edit(start, end, " " if words and not _is_key(text, start, end) else "", weak=True)


def spelt(text: str, budget: Budget) -> Iterator[Edit]:
    """Yield the signs of an address of mail that are spelt out."""
    for match in _SPELT.finditer(text):
        budget.step()
        yield Edit(match.start(), match.end(), "@" if match["dot"] is None else ".")


def breaks(text: str, budget: Budget) -> Iterator[Edit]:
    """Yield line breaks behind which a long number, an address of mail or a key can go on, with what begins the line.

    They are weak, but for those where a sign at the end of the line says that it goes on.
    """
    mails = "@" in text
    for match in _BREAK.finditer(text):
        budget.step()
        if _is_short(text, match.start()) and not (mails and _is_mail_near(text, *match.span())):
            continue
        before = _BREAK_BEFORE.search(text, max(0, match.start() - _LONGEST_BREAK_BEFORE), match.start())
        if before is None or (before["quote"] is not None) != match.group().endswith('"'):
            continue
        if _goes_on(text, before.start(), match.end()):
            sign = before["sign"]
            # White space at the end of the line can be the value's own.
            yield Edit(before.start(), match.end(), " " if sign == " " else "", weak=sign in {None, " "})


def cards(text: str, budget: Budget) -> Iterator[Edit]:
    """Yield the signs and spaces between the groups, or the digits, of card numbers. They are weak.

    The number must be one of a card network's with the right check digit, and stand in no table of numbers.
    """
    for match in _CARD.finditer(text):
        budget.step()
        start, end = match.span()
        joint = match["joint"] or match["each"]
        if not _is_card(match.group()) or _is_number_before(text, start, joint) or _in_table(text, start, end, joint):
            continue
        for gap in _NO_DIGITS.finditer(text, start, end):
            yield Edit(*gap.span(), "", weak=True)


def listed_cards(text: str, budget: Budget) -> Iterator[Edit]:
    """Yield what stands between the parts of a card's number in a list as nothing, or as the zeros lost. It is weak."""
    for card in card_lists.card_lists(text):
        budget.step()
        for start, end, zeros in card.gaps:
            yield Edit(start, end, zeros, weak=True)


def social_security_numbers(text: str, budget: Budget) -> Iterator[Edit]:
    """Yield signs between the groups, or the digits, of what can be such a number as hyphens. They are weak."""
    for match in _SSN.finditer(text):
        budget.step()
        if match["each"] is not None:
            for index, gap in enumerate(_NO_DIGITS.finditer(text, *match.span())):
                yield Edit(*gap.span(), _HYPHENS.get(index, ""), weak=True)
        elif match["first"] != match["second"] or match["first"] not in _USUAL:
            yield Edit(*match.span("first"), "-", weak=True)
            yield Edit(*match.span("second"), "-", weak=True)


def _is_card(number: str) -> bool:
    digits = _NO_DIGITS.sub("", number)
    return not no_card(digits, 0, len(digits)) and _CARDS.validate_result(digits)


def _is_number_before(text: str, start: int, joint: str) -> bool:
    """Return whether the number goes on to the left."""
    before = text[max(0, start - len(joint) - 1) : start]
    return before[:1].isdigit() and before.endswith(joint)


def _in_table(text: str, start: int, end: int, joint: str) -> bool:
    """Return whether the line above or below has numbers as far apart that are no card, so that these are cells."""
    if not (joint.isspace() or joint == "|"):
        return False
    above = text.rfind("\n", max(0, start - _LONGEST_LINE), start)
    below = text.find("\n", end, end + _LONGEST_LINE)
    lines = [text[max(0, above - _LONGEST_LINE) : above].rpartition("\n")[2]] if above >= 0 else []
    if below >= 0:
        lines.append(text[below + 1 : below + _LONGEST_LINE].partition("\n")[0])
    cells = re.compile(rf"\d{re.escape(joint)}\d")
    return any(
        cells.search(line) is not None and not any(_is_card(found.group()) for found in _CARD.finditer(line))
        for line in lines
    )


def _is_short(text: str, end: int) -> bool:
    """Return whether the line that ends there has too few characters for the first part of a number or of a key."""
    return end < _FEWEST_DIGITS or "\n" in text[end - _FEWEST_DIGITS : end]


def _is_mail_near(text: str, start: int, end: int) -> bool:
    low, high = max(0, start - _LONGEST_BREAK_BEFORE - _LONGEST_TOKEN), end + _LONGEST_TOKEN
    return text.find("@", low, high) >= 0


def _goes_on(text: str, start: int, end: int) -> bool:
    """Return whether a value can go on behind a line break."""
    last, first = text[start - 1], text[end]
    if first in "0123456789(-./" and _is_number(text, start, end):
        return not _in_list(text, start, end)
    before, after = _tokens(text, start, end)
    return (
        "@" in before
        or "@" in after
        or _is_key(text, start, end)
        or (
            (last.isdigit() or first.isdigit())
            and _IBAN_CHARS.match(text, end) is not None
            and _IBAN_HEAD.search(text, max(0, start - _LONGEST_IBAN), start) is not None
        )
    )


def _is_number(text: str, start: int, end: int) -> bool:
    """Return whether digits go on, enough on each side, and no time or number of a list or a table begins the line."""
    before = _NUMBER_BEFORE.search(text, max(0, start - _LONGEST_NUMBER), start)
    after = _NUMBER_AFTER.match(text, end, end + _LONGEST_NUMBER)
    if before is None or after is None or _LINE_NUMBER.match(text, end):
        return False
    if text[after.end() : after.end() + 1] in _NEXT_CELL:
        return False
    return min(sum(map(str.isdigit, half.group())) for half in (before, after)) >= _FEWEST_DIGITS


def _tokens(text: str, start: int, end: int) -> tuple[str, str]:
    head = _HEAD.match(text, end)
    return _TOKEN_END.split(text[max(0, start - _LONGEST_TOKEN) : start])[-1], head.group() if head else ""


def _is_key(text: str, start: int, end: int) -> bool:
    before, after = _tokens(text, start, end)
    return (
        min(len(before), len(after)) >= _SHORTEST_HALF
        and len(before) + len(after) >= _SHORTEST_KEY
        and _KEY_HEAD.search(before) is not None
        and _RANDOM.match(after) is not None
        and _LINE_NUMBER.match(text, end) is None
        and _ASSIGNMENT.match(text, end) is None
    )


def _in_list(text: str, start: int, end: int) -> bool:
    """Return whether the lines are two of a list of numbers, which are values each, or none."""
    low, high = max(0, start - _LONGEST_TOKEN), end + _LONGEST_TOKEN
    lines = text[low:start].split("\n")[-2:], text[end:high].split("\n")[:2]
    numbers = [[_NUMBER_LINE.fullmatch(line) is not None for line in side] for side in lines]
    return numbers[0][-1] and numbers[1][0] and (numbers[0] == [True, True] or numbers[1] == [True, True])
