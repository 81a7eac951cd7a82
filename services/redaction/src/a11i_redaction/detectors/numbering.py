"""The numbering plans of countries: which digits are a phone number. The data are those of phonenumbers.

phonenumbers looks through its metadata for every question; here a plan is one expression, compiled when it is first
asked, which answers the same in a thirtieth of the time.
"""

import re
from functools import cache
from typing import Final

from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata

_LONGEST_CODE: Final = 3
_NO_REGION: Final = "001"
"""What phonenumbers calls the region of codes that belong to no country, such as 800."""
_TYPES: Final = (
    "fixed_line", "mobile", "toll_free", "premium_rate", "shared_cost", "personal_number", "voip", "pager", "uan",
    "voicemail",
)  # fmt: skip


def international(digits: str) -> bool:
    """Return whether digits that begin with a country's code are a number there."""
    for length in range(1, _LONGEST_CODE + 1):
        code = int(digits[:length] or 0)
        if code in COUNTRY_CODE_TO_REGION_CODE:
            number = digits[length:]
            # Many write the prefix of calls inside the country too: +44 (0)20 ...
            return _of_code(code).fullmatch(number) is not None or (
                number[:1] == "0" and _of_code(code).fullmatch(number[1:]) is not None
            )
    return False


def national(digits: str, region: str) -> bool:
    """Return whether digits are a number of the region, with the prefix of calls inside the country or without."""
    plan = _of_region(region)
    if plan.fullmatch(digits):
        return True
    prefix = _prefix(region)
    match = prefix[0].match(digits) if prefix else None
    if prefix is None or match is None or not match.group():
        return False
    _, rule = prefix
    changed = match.expand(rule) if rule and match.lastindex and match[match.lastindex] else ""
    return plan.fullmatch(changed + digits[match.end() :]) is not None


@cache
def _prefix(region: str) -> tuple[re.Pattern[str], str] | None:
    data = PhoneMetadata.metadata_for_region(region)
    if data is None or not data.national_prefix_for_parsing:
        return None
    return re.compile(data.national_prefix_for_parsing), data.national_prefix_transform_rule or ""


@cache
def _of_region(region: str) -> re.Pattern[str]:
    return _compiled([PhoneMetadata.metadata_for_region(region)])


@cache
def _of_code(code: int) -> re.Pattern[str]:
    regions = COUNTRY_CODE_TO_REGION_CODE[code]
    return _compiled([
        PhoneMetadata.metadata_for_nongeo_region(code)
        if region == _NO_REGION
        else PhoneMetadata.metadata_for_region(region)
        for region in regions
    ])  # fmt: skip


def _compiled(plans: list[PhoneMetadata | None]) -> re.Pattern[str]:
    described = [getattr(plan, kind) for plan in plans if plan for kind in _TYPES]
    patterns = {each.national_number_pattern for each in described if each and each.national_number_pattern}
    return re.compile("|".join(sorted(patterns)) or "(?!)")
