"""The labelled set is the same in each run, its parts share nothing, and its values are what their labels say."""

import base64
import html
import json
import random
import re
from collections.abc import Callable
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from presidio_analyzer import predefined_recognizers as presidio

from a11i_redaction.detectors.recognizers import CardRecognizer, PeselRecognizer
from a11i_redaction.detectors.vendor_formats import VENDOR_FORMATS
from tests.bench.redaction import contacts, lookalikes, national_ids, secret_keys
from tests.bench.redaction.dataset import cases, dense_texts, templates_of
from tests.bench.redaction.disguises import DISGUISES, WRAPS
from tests.bench.redaction.kinds import KINDS, Drawer
from tests.bench.redaction.labels import KEEP, Case, Drawn, Label, Part, Template, render

_RNG = random.Random(7)  # noqa: S311  (the same values in each run)


@cache
def _set(part: Part) -> list[Case]:
    return cases(part)


def _values(case: Case) -> list[str]:
    return ["".join(case.text[start:end] for start, end in label.places) for label in case.labels]


def test_the_set_is_the_same_in_each_run() -> None:
    assert cases(Part.CHECK) == _set(Part.CHECK)
    assert dense_texts("seed", 3) == dense_texts("seed", 3)


def test_the_parts_share_no_template_and_what_checks_is_as_much_as_what_counts() -> None:
    texts = {part: {template.text for template in templates_of(part)} for part in Part}
    assert len(set().union(*texts.values())) == sum(map(len, texts.values()))
    sizes = [len(texts[part]) for part in (Part.CHECK, Part.FINAL)]
    assert max(sizes) < 1.2 * min(sizes)
    assert len(texts[Part.DEVELOPMENT]) >= min(sizes)


@pytest.mark.parametrize("part", Part)
def test_each_part_draws_every_variant_of_keys_ids_cards_phones_and_lookalikes(part: Part) -> None:
    drawn = {(label.entity == KEEP, label.kind) for case in _set(part) for label in case.labels}
    kinds = {kind for _, kind in drawn}
    assert set(secret_keys.VENDORS) <= kinds
    assert set(national_ids.IDS) <= kinds
    assert set(contacts.CARDS) <= kinds
    assert {f"{region} international" for region in contacts.REGIONS} <= kinds
    assert {(True, kind) for kind in lookalikes.LOOKALIKES} <= drawn


@pytest.mark.parametrize("part", Part)
def test_labels_of_a_text_are_apart_and_not_empty(part: Part) -> None:
    for case in _set(part):
        places = sorted(place for label in case.labels for place in label.places)
        assert all(start < end for start, end in places), case
        assert all(first[1] <= second[0] for first, second in pairwise(places)), case


@pytest.mark.parametrize("part", Part)
def test_every_slot_of_a_template_is_filled(part: Part) -> None:
    assert not [case.text for case in _set(part) if "[[" in case.text and "]]" in case.text]


def test_a_slot_that_stands_twice_holds_one_value_and_numbers_tell_others() -> None:
    case = render(Template("chat", "[[person]] and [[person:first]], [[person.2]]"), Drawer("x").draw, {}, {})
    whole, first, other = _values(case)
    assert whole.startswith(first)
    assert whole != other


def test_what_a_value_is_called_is_no_part_of_it() -> None:
    def draw(_kind: str) -> Drawn:
        return Drawn("US_SSN", "123-45-6789", "US_SSN", label="SSN")

    case = render(Template("forms", "[[id:label]]: [[id]]"), draw, {}, {})
    assert case.text == "SSN: 123-45-6789"
    assert case.labels == (Label("US_SSN", "US_SSN", ((5, 16),)),)


@pytest.mark.parametrize("name", sorted(set(DISGUISES) - {"lower", "upper"}))
def test_a_disguise_keeps_the_value_in_one_way_or_another(name: str) -> None:
    value = "ann.lee+x@example.com"
    pieces = DISGUISES[name](value)
    own = "".join(text for text, mine in pieces if mine)
    shown = "".join(text for text, _ in pieces)
    undo: dict[str, Callable[[str], str]] = {
        "percent": unquote, "percent_all": unquote, "percent_twice": lambda text: unquote(unquote(text)),
        "plus": unquote, "html_dec": html.unescape, "html_hex": html.unescape,
        "unicode": lambda text: str(json.loads(f'"{text}"')), "unicode_some": lambda text: str(json.loads(f'"{text}"')),
        "hex": lambda text: bytes.fromhex(text.replace("\\x", "")).decode(),
        "hex_bytes": lambda text: bytes.fromhex(text).decode(),
        "base64": lambda text: base64.b64decode(text).decode(),
        "base64_url": lambda text: base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode(),
        "base64_text": lambda text: base64.b64decode(text).decode().split()[2].rstrip(","),
        "full_width": lambda text: "".join(chr(ord(char) - 0xFEE0) for char in text),
        "at_dot": lambda text: text.replace(" [at] ", "@").replace(" [dot] ", "."),
    }  # fmt: skip
    assert undo.get(name, str)(own) == value
    assert name == "nbsp" or shown != value


@pytest.mark.parametrize("name", ["message", "string", "arguments", "result"])
def test_a_text_wrapped_in_json_is_valid_json_and_keeps_its_values(name: str) -> None:
    case = render(Template("wrapped", 'say "[[person]]",\n[[mail]]', name), Drawer("x").draw, {}, WRAPS)
    assert json.loads(case.text)
    assert _values(case)[1].count("@") == 1


_RECOGNIZERS: dict[str, Any] = {
    "UK_NHS": presidio.NhsRecognizer, "AU_ABN": presidio.AuAbnRecognizer, "AU_ACN": presidio.AuAcnRecognizer,
    "AU_TFN": presidio.AuTfnRecognizer, "AU_MEDICARE": presidio.AuMedicareRecognizer,
    "IN_AADHAAR": presidio.InAadhaarRecognizer, "IN_GSTIN": presidio.InGstinRecognizer,
    "KR_RRN": presidio.KrRrnRecognizer, "KR_FRN": presidio.KrFrnRecognizer, "KR_BRN": presidio.KrBrnRecognizer,
    "TH_TNIN": presidio.ThTninRecognizer, "ES_NIF": presidio.EsNifRecognizer, "ES_NIE": presidio.EsNieRecognizer,
    "FI_PERSONAL_IDENTITY_CODE": presidio.FiPersonalIdentityCodeRecognizer,
    "IT_FISCAL_CODE": presidio.ItFiscalCodeRecognizer, "IT_VAT_CODE": presidio.ItVatCodeRecognizer,
    "PL_PESEL": PeselRecognizer, "NG_NIN": presidio.NgNinRecognizer, "US_NPI": presidio.UsNpiRecognizer,
    "MEDICAL_LICENSE": presidio.MedicalLicenseRecognizer,
}  # fmt: skip


@pytest.mark.parametrize("entity", sorted(_RECOGNIZERS))
def test_numbers_have_valid_check_digits(entity: str) -> None:
    recognizer = _RECOGNIZERS[entity]()
    for _ in range(20):
        value = national_ids.drawn(_RNG, entity).value
        if entity == "AU_ACN" and value.endswith("0"):
            continue  # Presidio refuses them; the register makes a check digit of ten a zero.
        assert recognizer.validate_result(value) is not False, value


@pytest.mark.parametrize("network", contacts.CARDS)
def test_cards_pass_the_luhn_check_and_broken_ones_fail_it(network: str) -> None:
    assert CardRecognizer().validate_result(contacts.card(_RNG, network).value)
    assert not CardRecognizer().validate_result(lookalikes.lookalike(_RNG, "card_broken").value)


@pytest.mark.parametrize("country", contacts.IBANS)
def test_ibans_are_valid_and_broken_ones_are_not(country: str) -> None:
    recognizer = presidio.IbanRecognizer()
    assert recognizer.validate_result(contacts.iban(_RNG, country).value)
    assert not recognizer.validate_result(lookalikes.lookalike(_RNG, "iban_broken").value)


def test_wallets_and_routing_numbers_are_valid() -> None:
    for _ in range(10):
        for make in (contacts.bitcoin, contacts.bitcoin_segwit):
            assert presidio.CryptoRecognizer().validate_result(make(_RNG).value)
        assert presidio.AbaRoutingRecognizer().validate_result(contacts.routing(_RNG).value)


def test_sixty_vendors_and_more_have_keys_and_no_near_miss_is_one() -> None:
    assert len(secret_keys.VENDORS) >= 60
    for vendor in secret_keys.NEAR_MISSES:
        assert len(secret_keys.near_miss(_RNG, vendor).value) < len(secret_keys.vendor_key(_RNG, vendor).value) + 20


def test_no_file_of_the_set_holds_a_key() -> None:
    for path in Path(secret_keys.__file__).parent.glob("*.py"):
        text = path.read_text()
        assert not [item.name for item in VENDOR_FORMATS if re.search(item.pattern, text)], path.name


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(KeyError):
        Drawer("x").draw("nothing")
    assert "person" in KINDS
