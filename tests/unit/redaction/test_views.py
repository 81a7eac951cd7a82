"""Values that markup, escapes, encodings, characters without width or line breaks hide."""

import base64
import re
import time
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from a11i_redaction.detectors.budget import Budget, BudgetExceededError
from a11i_redaction.detectors.patterns import PatternDetector
from a11i_redaction.findings import Finding
from a11i_redaction.pipeline import Redactor
from a11i_redaction.views import joining
from a11i_redaction.views.building import View, ViewBuilder
from a11i_redaction.views.layers import Edit, Layer
from tests.unit.redaction.redaction_kit import ScriptedModel, redactor_with

_MAIL = "ann.smith@example.com"
_CARD = "4111111111111111"
_IBAN = "DE89370400440532013000"
_KEY = "sk_" + "live_" + "4eC39HqLyjWDarjtT1zdp7dcAbCd"
_MEGABYTE = 1_000_000
_SLOWEST_S = 8.0
"""More than the budget of five seconds, which is looked at every 32 steps, on a busy machine."""


@pytest.fixture(scope="module")
def redactor(patterns: PatternDetector) -> Redactor:
    return redactor_with(patterns, ScriptedModel({"Ann Smith": "PERSON"}), max_value_chars=2_000_000)


@pytest.fixture(scope="module")
def builder() -> ViewBuilder:
    return ViewBuilder()


def _cut(value: str, *between: str) -> str:
    size = len(value) // (len(between) + 1) + 1
    pieces = [value[start : start + size] for start in range(0, len(value), size)]
    return "".join(piece + split for piece, split in zip(pieces, [*between, ""], strict=False))


def _in_base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _each(form: str) -> str:
    return "".join(form.format(ord(char)) for char in _MAIL)


def _digits(forms: str) -> str:
    return "".join(forms[int(char)] for char in _CARD)


HIDDEN = {
    "tags": ("card ", _cut(_CARD, "<b>", "</b>"), " paid", "CREDIT_CARD"),
    "attributes": ("card ", _cut(_CARD, '</span><span class="x">'), " paid", "CREDIT_CARD"),
    "comment": ("to ", _cut(_MAIL, "<!-- no -->"), " now", "EMAIL_ADDRESS"),
    "emphasis": ("to ", _cut(_MAIL, "**", "**"), " now", "EMAIL_ADDRESS"),
    "terminal": ("to ", _cut(_MAIL, "\x1b[1m", "\x1b[0m"), " now", "EMAIL_ADDRESS"),
    "zero width": ("to ", "\u200b".join(_MAIL), " now", "EMAIL_ADDRESS"),
    "soft hyphen": ("IBAN ", _cut(_IBAN, "\u00ad", "\u00ad"), " now", "IBAN_CODE"),
    "line": ("The card is ", _cut(_CARD, "\n"), "\nthanks", "CREDIT_CARD"),
    "quoted lines": ("> card:\n> ", _cut(_CARD, "\n> "), "\n> thanks", "CREDIT_CARD"),
    "indented key": ("key:\n    ", _cut(_KEY, "\n    "), "\nnext: 1", "SECRET"),
    "soft break": ("to ", _cut(_MAIL, "=\n"), " now", "EMAIL_ADDRESS"),
    "continued line": ("KEY=", _cut(_KEY, "\\\n"), "\nexport STAGE=dev", "SECRET"),
    "added strings": ('CARD = "', _cut(_CARD, '" + "'), '"', "CREDIT_CARD"),
    "strings beside": ('KEY = (\n    "', _cut(_KEY, '"\n    "'), '"\n)', "SECRET"),
    "percent": ("/users?q=1&mail: ", quote(_MAIL), "&x=1", "EMAIL_ADDRESS"),
    "percent twice": ("mail: ", quote(quote(_MAIL, safe=""), safe=""), "&x=1", "EMAIL_ADDRESS"),
    "form": ("card=", "4111+1111+1111+1111", "&v=2", "CREDIT_CARD"),
    "entities": ("to ", _each("&#{};"), " now", "EMAIL_ADDRESS"),
    "named entities": ("to ", _MAIL.replace("@", "&commat;").replace(".", "&period;"), " now", "EMAIL_ADDRESS"),
    "unicode": ("to '", _each("\\u{:04x}"), "' now", "EMAIL_ADDRESS"),
    "unicode in broken JSON": ('{"a": "', "ann\\u0040example.com", '", "b": ', "EMAIL_ADDRESS"),
    "line escapes in broken JSON": ('{"a": "Card:\\n', _CARD, '", "b": ', "CREDIT_CARD"),
    "hex escapes": ("to ", _each("\\x{:02x}"), " now", "EMAIL_ADDRESS"),
    "base64": ("data: ", _in_base64(_MAIL), " mode=ro", "EMAIL_ADDRESS"),
    "base64 of text": ("GET /x/", _in_base64(f"write to {_MAIL}, please"), "/y", "EMAIL_ADDRESS"),
    "hex digits": ("dump ", _MAIL.encode().hex(), " end", "EMAIL_ADDRESS"),
    "hex digits beyond ASCII": ("dump ", f"Zoë {_MAIL}".encode().hex(), " end", "EMAIL_ADDRESS"),
    "hex digits of digits": ("dump ", _CARD.encode().hex(), " end", "CREDIT_CARD"),
    "hex digits with a mark": ("dump ", "0x" + _MAIL.encode().hex(), " end", "EMAIL_ADDRESS"),
    "hex digits, whole": ("", _MAIL.encode().hex(), "", "EMAIL_ADDRESS"),
    "hex digits of digits, whole": ("", _CARD.encode().hex(), "", "CREDIT_CARD"),
    "bytea": ("row ", "\\x" + _MAIL.encode().hex(), " end", "EMAIL_ADDRESS"),
    "bytea, whole": ("", "\\x" + _MAIL.encode().hex(), "", "EMAIL_ADDRESS"),
    "hex escape before digits": ("card ", "\\x34" + _CARD[1:], " end", "CREDIT_CARD"),
    "base64 twice": ("data: ", _in_base64(_in_base64(f"write to {_MAIL}")), " end", "EMAIL_ADDRESS"),
    "base64 of escapes": ("data: ", _in_base64(f"write to {quote(_MAIL)}"), " end", "EMAIL_ADDRESS"),
    "base64 behind a hyphen": ("id-", _in_base64(f"write to {_MAIL}"), "", "EMAIL_ADDRESS"),
    "base64 behind an underscore": ("to the_id_", _in_base64(f"write to {_MAIL}"), " end", "EMAIL_ADDRESS"),
    "base64 behind a point": ("x.", _in_base64(f"write to {_MAIL}"), ".end", "EMAIL_ADDRESS"),
    "base64 before a word": ("at ", _in_base64(f"to {_MAIL}.."), "-of-it", "EMAIL_ADDRESS"),
    "base64 of an address in a name": ("/x/", _in_base64(_MAIL), ".txt", "EMAIL_ADDRESS"),
    "base64 with separators, behind one": ("id-", "Pj4-Pz8_" + _in_base64(f"to {_MAIL}"), " end", "EMAIL_ADDRESS"),
    "base64 of bytes": ("data: ", _in_base64(f"\x0a\x15{_MAIL}\x12\0"), " end", "EMAIL_ADDRESS"),
    "login": ("AUTH PLAIN ", _in_base64("\0ann\0S3cr3tPw99x"), "\r\n", "SECRET"),
    "full width": ("卡号 ", "".join(chr(ord(char) + 0xFEE0) for char in _CARD), "。", "CREDIT_CARD"),
    "spelt out": ("to ", "ann.smith [at] example [dot] com", " now", "EMAIL_ADDRESS"),
    "raised digits": (
        "card ",
        _digits("\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079"),
        " paid",
        "CREDIT_CARD",
    ),
    "digits in circles": (
        "card ",
        _digits("\u24ea" + "".join(map(chr, range(0x2460, 0x2469)))),
        " paid",
        "CREDIT_CARD",
    ),
    "digits in black": ("card ", _digits("\u24ff" + "".join(map(chr, range(0x2776, 0x277F)))), " paid", "CREDIT_CARD"),
    "digits of Adlam": ("card ", _digits("".join(map(chr, range(0x1E950, 0x1E95A)))), " paid", "CREDIT_CARD"),
    "digits of displays": ("card ", _digits("".join(map(chr, range(0x1FBF0, 0x1FBFA)))), " paid", "CREDIT_CARD"),
    "keycaps": ("card ", "\ufe0f\u20e3".join(_CARD), "\ufe0f\u20e3 paid", "CREDIT_CARD"),
    "struck through": ("to ", "\u0336".join(_MAIL), "\u0336 now", "EMAIL_ADDRESS"),
    "accents on digits": ("card ", _cut(_CARD, "\u0301", "\u0300"), " paid", "CREDIT_CARD"),
    "thin spaces": ("card ", "4111\u20091111\u205f1111\u16801111", " paid", "CREDIT_CARD"),
    "wide spaces": ("card ", "4111\u30001111\u30001111\u30001111", " paid", "CREDIT_CARD"),
    "controls": ("to ", _cut(_MAIL, "\0", "\x01", "\x7f", "\x9f", "\x1f"), " now", "EMAIL_ADDRESS"),
    "escape alone": ("to ", _cut(_MAIL, "\x1b"), " now", "EMAIL_ADDRESS"),
    "line separator": ("card ", _cut(_CARD, "\u2028"), " paid", "CREDIT_CARD"),
    "next line": ("card ", _cut(_CARD, "\x85"), " paid", "CREDIT_CARD"),
    "vertical tab": ("card ", _cut(_CARD, "\x0b"), " paid", "CREDIT_CARD"),
    **{
        f"ignorable {ord(char):x}": ("card ", _cut(_CARD, char, char), " paid", "CREDIT_CARD")
        for char in "\u206a\u2065\U000e0041\U000e0100\u3164\u115f\uffa0\u17b4\ufff9\U0001d173"
    },
    "points": ("card ", "4111.1111.1111.1111", " paid", "CREDIT_CARD"),
    "underscores": ("card ", "4111_1111_1111_1111", " paid", "CREDIT_CARD"),
    "slashes": ("card ", "3782/822463/10005", " paid", "CREDIT_CARD"),
    "tabs": ("card:\t", "4111\t1111\t1111\t1111", "\tpaid", "CREDIT_CARD"),
    "two spaces": ("card  ", "4111  1111  1111  1111", "  paid", "CREDIT_CARD"),
    "digit by digit": ("card ", " ".join(_CARD), " paid", "CREDIT_CARD"),
    "digit by digit, hyphens": ("card ", "-".join(_CARD), " paid", "CREDIT_CARD"),
    "entity without its end": ("to ", "ann.smith&#64example.com", " now", "EMAIL_ADDRESS"),
    "percent of old": ("to ", "ann.smith%u0040example.com", " now", "EMAIL_ADDRESS"),
    "quoted-printable": ("to ", "ann.smith=40example.com", " now", "EMAIL_ADDRESS"),
    "all quoted-printable": ("to ", _each("={:02X}"), " now", "EMAIL_ADDRESS"),
    "octal": ("to ", "\\141nn.smith\\100example.com", " now", "EMAIL_ADDRESS"),
    "name": ("seen ", "An<b>n</b>&#32;Smith", " there", "PERSON"),
}


@pytest.mark.parametrize("name", HIDDEN)
def test_a_hidden_value_goes_whole_and_nothing_else(redactor: Redactor, name: str) -> None:
    before, value, behind, entity = HIDDEN[name]
    [redacted] = redactor.redact_texts([before + value + behind], "t")
    assert [finding.entity for finding in redacted.findings] == [entity]
    assert re.fullmatch(re.escape(before) + rf"<{entity}_[0-9a-f]{{8}}>" + re.escape(behind), redacted.text)
    assert redactor.redact_texts([redacted.text], "t")[0].text == redacted.text


STAYS = {
    "numbers, one a line": "totals\n41111111\n11111111\n41111111\n11111111\n",
    "rows of a table": "".join(f"{number},row,{10**11 + number}\n" for number in range(40)),
    "lines of a log": "took 4111\n2026-11-21 10:00:00 done 1111\n2026-11-21 10:00:01 done\n",
    "wrapped prose": "These are the internationalised\nadministrators of version2\nand others",
    "paths and hashes": "services/redaction/src/a11i_redaction/views d41d8cd98f00b204e9800998ecf8427e",
    "markup": "<b>Total</b> 12 <i>of</i> 34<br>2 * 3 ** 4 = 162 & more &amp; less",
    "cells with tabs": "4111\t1111\t1111\t1111\n4112\t1111\t1113\t1111\n4111\t1111\t1111\t1113\n",
    "cells with spaces": "4111  1111  1111  1111  1111\n4112  1111  1113  1111  7777\n",
    "digits of a matrix": "4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1\n1 2 4 5 6 7 8 3 4 5 6 7 8 3 4 5\n",
    "more digits": "4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1",
    "points without the check digit": "4111.1111.1111.1112 and 9111.1111.1111.1116",
    "parameters": "?limit=40&offset=80 width=40px; a=40b.py5",
    "fields": "a\x1f411111\x1f111111\x1e4111\0path",
    "raised": "12 m\u00b2 at 3.5 \u00b7 10\u2076 J\u00b9, caf\u00e9 \u00aa",
    "masked": "card 4111********1111, ssn ***-**-6789",
}


@pytest.mark.parametrize("name", STAYS)
def test_what_is_no_value_stays(redactor: Redactor, name: str) -> None:
    assert redactor.redact_texts([STAYS[name]], "t")[0].text == STAYS[name]


def test_an_address_on_the_next_line_does_not_take_the_word_before(redactor: Redactor) -> None:
    redacted = redactor.redact_texts([f"Please write to\n{_MAIL}\nThanks"], "t")[0]
    assert redacted.text.startswith("Please write to\n<EMAIL_ADDRESS_")
    assert redacted.text.endswith(">\nThanks")


def test_keys_one_a_line_are_two(redactor: Redactor) -> None:
    redacted = redactor.redact_texts([f"{_KEY}\n{_KEY[:-1]}X\n"], "t")[0]
    assert [line[:8] for line in redacted.text.splitlines()] == ["<SECRET_", "<SECRET_"]


@st.composite
def _layers(draw: st.DrawFn) -> tuple[str, list[Edit]]:
    text = draw(st.text("abc", max_size=30))
    cuts = sorted(draw(st.lists(st.integers(0, len(text)), max_size=8)))
    edits = [
        Edit(start, end, draw(st.text("xyz", max_size=4)), draw(st.booleans()))
        for start, end in zip(cuts[::2], cuts[1::2], strict=False)
        if end > start
    ]
    return text, edits


@given(_layers())
def test_each_character_of_a_layer_leads_back(made: tuple[str, list[Edit]]) -> None:
    text, edits = made
    layer = Layer(text, edits)
    for place, char in enumerate(layer.text):
        start, end, _, weak = layer.original(place, place + 1)
        assert not weak
        edit = next((edit for edit in edits if edit.start <= start < edit.end), None)
        if edit is None:
            assert text[start:end] == char
        elif len(edit.new) == edit.end - edit.start:
            assert edit.new[start - edit.start] == char
        else:
            assert (start, end) == (edit.start, edit.end)


@given(_layers(), st.integers(0, 40), st.integers(1, 40))
def test_a_place_says_whether_an_edit_lies_in_it(made: tuple[str, list[Edit]], start: int, length: int) -> None:
    text, edits = made
    layer = Layer(text, edits)
    end = min(start + length, len(layer.text))
    if start >= end:
        return
    place = layer.original(start, end)
    inside = [edit for edit in edits if place.start <= edit.start and edit.end <= place.end]
    assert place.changed or not inside
    assert not place.weak or any(edit.weak for edit in inside)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.sampled_from([
            _MAIL, _CARD, "a", " ", "\n", "<b>", "</b>", "<br>", "%40", "%25", "%", "&#64;", "&amp;", "#64;", "\\u0040",
            "u0040", "\\", "**", '" + "', "\u200b", "\u00ad", "=\n", "\n> ", "\uff14", " [at] ", "41", "1111", "@",
            "\t1111", ".com", "x=", "+", "QW5uIGFubkBleGFtcGxlLmNvbQ==", "Ann Smith", "<EMAIL_ADDRESS_3f2a9c01>",
            "1@e.de", "\x1b[0m", "\0", "\x1f", "\u0336", "\u2028", "\u2009", "\u3000", "4 1 1 1 1 1 ", "1 1 1 1 ",
            "4111", ".1111", "=40", "\\100", "%u0040", "-", "616e6e406578616d706c652e636f6d", "\\x",
        ]),
        max_size=14,
    )
)  # fmt: skip
def test_redaction_changes_nothing_outside_findings_nor_its_own_result(redactor: Redactor, pieces: list[str]) -> None:
    text = "".join(pieces)
    [redacted] = redactor.redact_texts([text], "t")
    position = 0
    for kept in _kept(text, redacted.findings):
        assert kept in redacted.text[position:]
        position = redacted.text.index(kept, position) + len(kept)
    assert redactor.redact_texts([redacted.text], "t")[0].text == redacted.text


def _kept(text: str, findings: tuple[Finding, ...]) -> list[str]:
    edges = [0, *(edge for finding in findings for edge in (finding.start, finding.end)), len(text)]
    return [text[start:end] for start, end in zip(edges[::2], edges[1::2], strict=True)]


@pytest.mark.parametrize(
    "unit",
    ["<", "<!--", "<a ", "1<b>", "1<br>",
     "%", "%25", "&#", "&amp;", "&#38;", "\u200b", "1\u200b", "\n", "1\n", "ab@cd\n",
     "aB3dEfGhIjK\n", "a**", "'+", "'        +        ", "\\", "\\u0041", "QUJDREVGR0hJSktM", "a=b+c&", "\x1b[0000",
     "\0", "1\0", "1 ", "1\t", "4111\t1111\t1111\t1111\n", "4111.", "=40", "a=40", "=41", "\\101", "\u0336",
     "1\u0301", "\u3000", "\u2028", "QUJDREVGR0hJSktM-", "41424344454647484950", "\\x41424344454647484950 ",
     " [at] ", "a at b ", "\uff14", 'a"\n"b', "a\n> > > ", "1\\\n"],
)  # fmt: skip
def test_a_megabyte_of_signs_takes_no_more_than_its_budget(builder: ViewBuilder, unit: str) -> None:
    text = unit * (_MEGABYTE // len(unit))
    start = time.thread_time()
    try:
        view = builder.of(text, Budget(5.0))
    except BudgetExceededError:
        view = None
    assert time.thread_time() - start < _SLOWEST_S
    assert view is None or len(view.text) <= len(text)


def test_lines_too_short_for_a_part_of_a_value_are_not_looked_into(
    builder: ViewBuilder, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_into: list[int] = []

    def goes_on(_text: str, start: int, _end: int) -> bool:
        looked_into.append(start)
        return False

    monkeypatch.setattr(joining, "_goes_on", goes_on)
    builder.of("123\n" * 10_000 + "1234\n", Budget(5.0))
    assert not looked_into
    builder.of("1234\n1234", Budget(5.0))
    assert looked_into


def test_an_address_goes_on_behind_a_line_however_short(builder: ViewBuilder) -> None:
    view = builder.of("12\n12\nab\ncd.smith@example.c\nom\n12", Budget(5.0))
    assert view is not None
    assert "abcd.smith@example.com" in view.text


def test_ordinary_text_has_no_view_and_a_long_one_only_what_edits_are_near(builder: ViewBuilder) -> None:
    words = "The deployment went well, and all of the tests have passed.\n" * 200
    assert builder.of(words, Budget(5.0)) is None
    view = builder.of(f"{words}mail ann%40example.com\n{words}", Budget(5.0))
    assert isinstance(view, View)
    assert "ann@example.com" in view.text
    assert len(view.text) < 500
