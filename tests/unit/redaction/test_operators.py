"""What becomes of values that were found: each operator leaves alone what it has left before."""

import base64
import hmac
import re
import string

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from a11i_redaction.ciphers import CipherError, MasterKey, TenantCipher, entity_of
from a11i_redaction.operators import Operators
from a11i_redaction.policy.model import Operator, Rule
from a11i_redaction.pseudonyms import Pseudonyms
from a11i_redaction.reduction import encrypted, placeholders

_PSEUDONYMS = Pseudonyms(b"some key of tests")
_CIPHER = TenantCipher("t", b"k" * 32)
_OPERATORS = Operators(_PSEUDONYMS, "t", _CIPHER)
_IN_PLACE = (Operator.MASK, Operator.HASH, Operator.FORMAT)
CARD = "4111-1111 1111 1111"


def applied(operator: Operator, value: str, entity: str = "CREDIT_CARD", keep: int = 0) -> str:
    return _OPERATORS.apply(Rule(0.4, operator, keep), entity, value)


@given(st.sampled_from(_IN_PLACE), st.text(min_size=1), st.integers(0, 4))
def test_an_operator_leaves_its_own_result_as_it_is(operator: Operator, value: str, keep: int) -> None:
    once = applied(operator, value, keep=keep)
    assert placeholders(once, {"CREDIT_CARD"}) == [(0, len(once))] or applied(operator, once, keep=keep) == once


@given(st.text(min_size=1))
def test_what_an_encrypted_placeholder_stands_for_comes_back(value: str) -> None:
    sealed = applied(Operator.ENCRYPT, value)
    assert placeholders(sealed, {"CREDIT_CARD"}, {sealed}) == [(0, len(sealed))]
    assert list(encrypted(sealed)) == [sealed]
    assert _CIPHER.wrote(sealed)
    revealed = _CIPHER.reveal(sealed)
    assert (revealed.entity, revealed.value) == ("CREDIT_CARD", value)
    assert entity_of(sealed) == "CREDIT_CARD"


def test_an_encrypted_placeholder_is_of_one_tenant_one_entity_and_unchanged() -> None:
    sealed = applied(Operator.ENCRYPT, CARD)
    others = TenantCipher("u", b"k" * 32), TenantCipher("t", b"l" * 32)
    for cipher in others:
        with pytest.raises(CipherError):
            cipher.reveal(sealed)
        assert not cipher.wrote(sealed)
    renamed = sealed.replace("CREDIT_CARD", "EMAIL_ADDRESS")
    broken = sealed[:-3] + ("A" if sealed[-3] != "A" else "B") + sealed[-2:]
    for wrong in (renamed, broken, "<CREDIT_CARD:enc:>", "<CREDIT_CARD:enc:AAAA>", "x"):
        with pytest.raises(CipherError):
            _CIPHER.reveal(wrong)


def _opened(sealed: str) -> bytes:
    token = sealed.split(":enc:")[1].rstrip(">")
    return base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))


def test_the_tenant_s_key_itself_encrypts_nothing_and_makes_no_nonce() -> None:
    raw = _opened(applied(Operator.ENCRYPT, CARD))
    version, nonce, encrypted = raw[:1], raw[1:13], raw[13:]
    assert version == b"\x02"
    message = b"\0".join((b"nonce", b"t", b"CREDIT_CARD", CARD.encode()))
    assert nonce != hmac.digest(b"k" * 32, message, "sha256")[:12]
    with pytest.raises(InvalidTag):
        AESGCM(b"k" * 32).decrypt(nonce, encrypted, b"\0".join((version, b"t", b"CREDIT_CARD")))


def test_what_the_first_scheme_encrypted_is_revealed() -> None:
    nonce, bound = b"n" * 12, b"\x01\0t\0CREDIT_CARD"
    sealed = base64.urlsafe_b64encode(b"\x01" + nonce + AESGCM(b"k" * 32).encrypt(nonce, CARD.encode(), bound))
    placeholder = f"<CREDIT_CARD:enc:{sealed.decode().rstrip('=')}>"
    assert _CIPHER.reveal(placeholder).value == CARD
    assert placeholders(placeholder, {"CREDIT_CARD"}, set(encrypted(placeholder))) == [(0, len(placeholder))]


def test_a_scheme_of_another_version_is_told_apart() -> None:
    raw = _opened(applied(Operator.ENCRYPT, CARD))
    for version in (0, 1, 3, 255):
        other = base64.urlsafe_b64encode(bytes([version]) + raw[1:]).decode().rstrip("=")
        with pytest.raises(CipherError):
            _CIPHER.reveal(f"<CREDIT_CARD:enc:{other}>")


def test_no_part_of_an_encrypted_placeholder_is_revealed() -> None:
    sealed = applied(Operator.ENCRYPT, CARD)
    for end in range(len(sealed) - 1):
        for cut in (sealed[:end], sealed[:end] + ">", sealed[end + 1 :]):
            with pytest.raises(CipherError):
                _CIPHER.reveal(cut)


@given(st.text() | st.binary().map(lambda raw: f"<CREDIT_CARD:enc:{base64.urlsafe_b64encode(raw).decode()}>"))
def test_nothing_but_a_placeholder_is_revealed_whatever_it_is(text: str) -> None:
    with pytest.raises(CipherError):
        _CIPHER.reveal(text)


def test_a_master_key_unwraps_what_it_wrapped_for_a_tenant() -> None:
    key, nonce = b"k" * 32, b"n" * 12
    master = MasterKey("m" * 32)
    wrapped = master.wrap("t", key, nonce)
    assert key not in wrapped
    assert MasterKey("m" * 32).unwrap("t", wrapped) == key
    for other, tenant in ((MasterKey("n" * 32), "t"), (master, "u")):
        with pytest.raises(CipherError):
            other.unwrap(tenant, wrapped)
    assert master.key_id != MasterKey("n" * 32).key_id


def test_masks_keep_the_end_but_never_more_than_half() -> None:
    assert applied(Operator.MASK, "4111111111111111", keep=4) == "*" * 12 + "1111"
    assert applied(Operator.MASK, "1234", keep=4) == "**34"
    assert applied(Operator.MASK, "1234") == "****"


def test_a_hash_is_of_the_value_and_the_tenant_alone() -> None:
    digest = applied(Operator.HASH, CARD)
    assert re.fullmatch("[0-9a-f]{32}", digest)
    assert applied(Operator.HASH, "4111111111111111") == digest
    assert Operators(_PSEUDONYMS, "u", None).apply(Rule(0.4, Operator.HASH), "CREDIT_CARD", CARD) != digest


def test_a_format_stays_and_the_value_goes() -> None:
    formatted = applied(Operator.FORMAT, "GB82 WEST 1234-5698-7654-32 ab")
    assert re.fullmatch(r"[A-Z]{2}\d\d [A-Z]{4} \d{4}-\d{4}-\d{4}-\d\d [a-z]{2}", formatted)
    assert formatted != "GB82 WEST 1234-5698-7654-32 ab"
    results = {applied(Operator.FORMAT, f"4111{number:012d}") for number in range(200)}
    assert len(results) > 195


def test_spellings_of_a_number_have_the_same_digits_in_their_format() -> None:
    first, second = applied(Operator.FORMAT, CARD), applied(Operator.FORMAT, "4111111111111111")
    assert re.sub(r"\D", "", first) == second
    assert re.fullmatch(r"\d{4}-\d{4} \d{4} \d{4}", first)


@pytest.mark.parametrize("value", ["12-34", "12345678", "+1 (555) 010-9999", "12345678901234", "abcdefghij", "a1" * 5])
def test_a_value_too_short_to_tell_it_from_a_result_is_replaced(value: str) -> None:
    assert applied(Operator.FORMAT, value).startswith("<CREDIT_CARD_")


def test_no_value_of_eight_digits_comes_out_as_itself() -> None:
    assert not any(applied(Operator.FORMAT, f"{number:08d}") == f"{number:08d}" for number in range(30_000))


@pytest.mark.parametrize("value", ["123456789012345", CARD, "jane.roe@example.com", "GB82 WEST 1234 5698 7654 32"])
def test_a_result_with_any_other_character_is_a_value(value: str) -> None:
    """All of the last 32 bits at least decide whether it is a result, and the first characters what they have to be."""
    result = applied(Operator.FORMAT, value)
    assert applied(Operator.FORMAT, result) == result
    for place, char in enumerate(result):
        kinds = (kind for kind in (string.digits, string.ascii_uppercase, string.ascii_lowercase) if char in kind)
        for other in next(kinds, ""):
            changed = result[:place] + other + result[place + 1 :]
            assert (applied(Operator.FORMAT, changed) == changed) is (other == char)


def test_tenants_share_no_placeholder() -> None:
    for operator in (*_IN_PLACE, Operator.REPLACE):
        results = [
            Operators(_PSEUDONYMS, tenant, None).apply(Rule(0.4, operator), "CREDIT_CARD", CARD) for tenant in "tu"
        ]
        if operator is not Operator.MASK:
            assert len(set(results)) == 2, operator
