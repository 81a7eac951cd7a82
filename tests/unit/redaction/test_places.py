"""Street addresses and organisations by their form, and near misses that stay."""

import pytest

from a11i_redaction.detectors.addresses import addresses
from a11i_redaction.detectors.organisations import organisations

ADDRESSES = [
    "221 Baker Street, London NW1 6XE",
    "Flat 2, 14 Elm Close, Leeds LS1 4AP",
    "1600 Amphitheatre Parkway, Mountain View, CA 94043",
    "9 W. 42nd St., Apt 5, New York, NY 10036",
    "P.O. Box 1290, Springfield",
    "Bahnhofstraße 7a, 80335 München",
    "Am Alten Platz 3",
    "12 rue des Fleurs, 69002 Lyon",
    "Calle Mayor 10, 2º, 28013 Madrid",
    "Rua Augusta, 120, São Paulo",
    "Via Roma 3, 00184 Roma",
    "ul. Długa 12/4, 31-147 Kraków",
    "Kungsgatan 8, 111 43 Stockholm",
    "Mannerheimintie 5",
    "45 Teheran-ro",
    "18 HIGH STREET, LEEDS",
]


@pytest.mark.parametrize("address", ADDRESSES)
def test_finds_whole_addresses(address: str) -> None:
    text = f"it went to {address} last week"
    longest = max(addresses(text), key=lambda found: found.end - found.start)
    assert text[longest.start : longest.end] == address


@pytest.mark.parametrize(
    "text",
    [
        "in 2024 The Way forward was clear", "3 Best Way to go", "version 12 Street", "step 4: Place Order",
        "12 Days Of Christmas", "chapter 7, page 12", "Platz 1 von 10", "via Kafka 3", "HTTP 404 Not Found",
        "port 5432 on Main", "rue the day 5",
    ],
)  # fmt: skip
def test_leaves_what_is_no_address(text: str) -> None:
    assert list(addresses(text)) == []


ORGANISATIONS = [
    "Brightwater Textiles GmbH", "Smith & Sons", "Lumen Robotics, Inc.", "Orsini S.p.A.", "Falk & Reuter LLP",
    "Nordvik Energi AS",
    "University of Leeds", "Saint Mary Hospital", "Banco Central", "Hollis Credit Union", "Kowalczyk Sp. z o.o.",
]  # fmt: skip


@pytest.mark.parametrize("name", ORGANISATIONS)
def test_finds_organisations(name: str) -> None:
    text = f"she works at {name} since May"
    longest = max(organisations(text), key=lambda found: found.end - found.start)
    assert text[longest.start : longest.end] == name


@pytest.mark.parametrize(
    "text",
    [
        "The Company is open.", "Check the Bank account.", "our Hospital", "Australian Company Number 7",
        "Distributed Systems",
        "see Data Systems", "class Foo AS bar", "a Trust issue", "Search Solutions",
    ],
)  # fmt: skip
def test_leaves_what_is_no_organisation(text: str) -> None:
    assert list(organisations(text)) == []
