"""What can be found: the entities of the detectors, by kind."""

from functools import lru_cache
from typing import Final

from a11i_redaction.detectors.families import FAMILIES
from a11i_redaction.detectors.secrets import FORMATS

MODEL_ENTITIES: Final = frozenset({"PERSON", "LOCATION", "ORGANIZATION", "STREET_ADDRESS"})
"""Those of the detector of names, in Presidio's words where it has one."""
CARD_CODE, CARD_EXPIRY, BIRTH_DATE = "CARD_SECURITY_CODE", "CARD_EXPIRY", "DATE_OF_BIRTH"
"""Those that only the words beside them tell from any date or number."""
_OTHERS: Final = frozenset({"PHONE_NUMBER", "SECRET"})
"""Those of detectors that have no table of formats: phone numbers, values assigned to telling names."""


@lru_cache(maxsize=1)
def secret_entities() -> frozenset[str]:
    """Return the entities of secrets: keys, tokens, private keys, credentials in URLs."""
    return frozenset(item.entity for item in FORMATS) | {"SECRET"}


@lru_cache(maxsize=1)
def detected_entities() -> frozenset[str]:
    """Return the entities that detectors find by themselves, names included: all that a policy can name."""
    families = frozenset(family.recognizer().supported_entities[0] for family in FAMILIES)
    return families | secret_entities() | _OTHERS | MODEL_ENTITIES
