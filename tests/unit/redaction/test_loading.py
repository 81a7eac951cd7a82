"""What is ready once detectors are loaded, and the version that receipts name them by."""

import re
import shutil
from pathlib import Path

import pytest
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE

import a11i_redaction
from a11i_redaction.detectors import numbering
from a11i_redaction.loading import content_digest
from a11i_redaction.pipeline import Redactor

_ROOT = Path(a11i_redaction.__file__).parent


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the package, to be changed."""
    return Path(shutil.copytree(_ROOT, tmp_path / "package", ignore=shutil.ignore_patterns("__pycache__")))


def test_the_receipt_s_version_has_the_digest_of_the_detectors(redactor: Redactor) -> None:
    assert re.match(rf"a11i-redaction/[\w.]+\+{content_digest(_ROOT)} presidio-analyzer/", redactor.detector)


@pytest.mark.parametrize(
    "changed", ["detectors/families.py", "views/layers.py", "values.py", "secret_members.py", "detectors/new.txt"]
)
def test_detectors_that_changed_have_another_digest(copy: Path, changed: str) -> None:
    assert content_digest(copy) == content_digest(_ROOT)
    with (copy / changed).open("a") as file:
        file.write("# more\n")
    assert content_digest(copy) != content_digest(_ROOT)


@pytest.mark.parametrize("changed", ["service.py", "policy/desk.py", "detectors/__pycache__/families.pyc"])
def test_what_finds_nothing_has_no_part_in_the_digest(copy: Path, changed: str) -> None:
    (copy / changed).parent.mkdir(exist_ok=True)
    with (copy / changed).open("a") as file:
        file.write("# more\n")
    assert content_digest(copy) == content_digest(_ROOT)


@pytest.mark.usefixtures("redactor")
def test_the_plans_of_all_countries_are_compiled_before_workers_fork() -> None:
    caches = (numbering._of_code, numbering._of_region, numbering._prefix)
    before = [each.cache_info().misses for each in caches]
    for code, regions in COUNTRY_CODE_TO_REGION_CODE.items():
        numbering.international(f"{code}0")
        for region in regions:
            numbering.national("0", region)
    assert [each.cache_info().misses for each in caches] == before
