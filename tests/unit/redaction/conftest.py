"""Detectors for the tests: compiled and loaded once, as that takes seconds."""

import pytest

from a11i_redaction.detectors.patterns import PatternDetector
from a11i_redaction.loading import load_redactor
from a11i_redaction.pipeline import Redactor
from a11i_redaction.settings import DetectionSettings
from tests.unit.redaction.redaction_kit import KEY


@pytest.fixture(scope="session")
def patterns() -> PatternDetector:
    """Secrets and patterns, with time enough on a busy machine."""
    return PatternDetector(budget_s=60.0)


@pytest.fixture(scope="session")
def redactor() -> Redactor:
    """The default policy, with the real language model."""
    return load_redactor(DetectionSettings(value_budget_s=60.0), names=True, pseudonym_key=KEY)
