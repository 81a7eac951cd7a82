"""Builds a Redactor: compiles the patterns and loads the language model, which takes some seconds."""

import gc
import hashlib
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Final

from phonenumbers import COUNTRY_CODE_TO_REGION_CODE

from a11i.redaction.v1 import redaction_service_pb2 as pb
from a11i_redaction.analysis import Analyzer
from a11i_redaction.cache import FindingsCache
from a11i_redaction.detectors import numbering
from a11i_redaction.detectors.languages import NameDetectors, load_models
from a11i_redaction.detectors.patterns import PatternDetector
from a11i_redaction.pipeline import Redactor
from a11i_redaction.policy.entities import MODEL_ENTITIES
from a11i_redaction.policy.in_force import OnePolicy, Policies
from a11i_redaction.policy.parsing import Abilities, parse
from a11i_redaction.pseudonyms import Pseudonyms
from a11i_redaction.settings import DetectionSettings

DEFAULT_PRESET: Final = "standard"
_FINDING: Final = (
    "detectors/**/*", "views/**/*", "analysis.py", "beside.py", "encodings.py", "findings.py", "keys.py",
    "reduction.py", "secret_members.py", "secret_options.py", "values.py", "walks.py",
)  # fmt: skip
"""What decides, beside a policy, about what is found."""


@dataclass(frozen=True, slots=True)
class Detection:
    """Detectors that are ready to work."""

    analyzer: Analyzer
    version: str
    """The detectors and their versions, as spans carry them."""


def load_detection(settings: DetectionSettings, *, names: bool) -> Detection:
    """Return the detectors. Raises OSError if the language model is not installed."""
    versions = [f"a11i-redaction/{metadata.version('a11i-redaction')}+{content_digest(Path(__file__).parent)}"]
    versions.append(f"presidio-analyzer/{metadata.version('presidio-analyzer')}")
    detector = None
    if names:
        detector = NameDetectors(load_models(settings), MODEL_ENTITIES, settings.max_model_chars)
        versions.append(detector.version)
    analyzer = Analyzer(
        PatternDetector(settings.value_budget_s),
        detector,
        FindingsCache(settings.cache_bytes),
        settings.max_value_chars,
    )
    _compile_numbering_plans()
    # What was loaded stays as long as the process: the garbage collector need not walk a million objects again and
    # again, which takes a third of the time of a batch (measured).
    gc.collect()
    gc.freeze()
    return Detection(analyzer, " ".join(versions))


def content_digest(package: Path) -> str:
    """Return eight hexadecimal digits that change whenever anything changes by which this package finds values."""
    files = (path for part in _FINDING for path in ([package / part] if part.endswith(".py") else package.glob(part)))
    digest = hashlib.sha256()
    for path in sorted(path for path in files if path.is_file() and "__pycache__" not in path.parts):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(package)}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()[:8]


def _compile_numbering_plans() -> None:
    """Compile the plans of all countries' phone numbers (0.2 s, 3 MB), so that forks share them."""
    for code, regions in COUNTRY_CODE_TO_REGION_CODE.items():
        numbering.international(f"{code}0")
        for region in regions:
            numbering.national("0", region)


def load_redactor(
    settings: DetectionSettings, *, names: bool, pseudonym_key: bytes, policies: Policies | None = None
) -> Redactor:
    """Return a redactor that is ready to work, by default under the preset "standard".

    Raises OSError if the language model is not installed.
    """
    detection = load_detection(settings, names=names)
    return redactor_of(detection, pseudonym_key, policies or standard_policy(names=names))


def redactor_of(detection: Detection, pseudonym_key: bytes, policies: Policies) -> Redactor:
    """Return a redactor with detectors that are loaded."""
    return Redactor(detection.analyzer, Pseudonyms(pseudonym_key), policies, detection.version)


def standard_policy(*, names: bool) -> OnePolicy:
    """Return the preset "standard" for all projects."""
    return OnePolicy(parse(pb.Policy(preset=DEFAULT_PRESET), Abilities(names=names)))
