"""Tokens of images, by the formulas that vendors document, from the size that an image's own header says.

Sources: OpenAI, "Images and vision", calculating costs; Anthropic, "Vision", evaluate image size; Google, "Image
understanding", token calculation.
"""

import binascii
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, Protocol

from a11i_tokenization.cache import Count
from a11i_tokenization.image_sizes import HEADER_BYTES, size_of
from a11i_tokenization.pricing.readings import MAX_NAME_CHARS, models_of

_KINDS: Final = frozenset({"image", "image_url", "input_image"})
_UNKNOWN_SIDE: Final = 1024
"""Pixels a side that an image of unknown size is taken to have."""
_BASE64_CHARS: Final = HEADER_BYTES // 3 * 4
_DATA_URL: Final = re.compile(r"data:image/[\w.+-]+;base64,")


@dataclass(frozen=True, slots=True)
class Image:
    """What of an image its tokens depend on."""

    width: int = 0
    """In pixels; 0 if not known."""
    height: int = 0
    detail: str = ""
    """OpenAI's `detail`: low, high, auto or original; empty if not said."""


class ImageRule(Protocol):
    """Counts an image for some models."""

    def __call__(self, image: Image) -> Count:
        """Return the image's tokens; no exact count if the formula or what it needs is not known."""


def image_of(part: Mapping[str, Any]) -> Image | None:
    """Return the image that a part of a message is, in OpenTelemetry's form or a provider's; None if it is none."""
    kind, modality, mime = part.get("type"), part.get("modality"), part.get("mime_type")
    if kind not in _KINDS and modality != "image" and not (isinstance(mime, str) and mime.startswith("image/")):
        return None
    held = part
    for key in ("image_url", "source", "inline_data", "inlineData"):
        inner = part.get(key)
        if isinstance(inner, dict):
            held = {**held, **inner}
        elif isinstance(inner, str):
            held = {**held, "url": inner}
    detail = held.get("detail")
    width, height = _size(held)
    return Image(width, height, detail if isinstance(detail, str) else "")


def _size(held: Mapping[str, Any]) -> tuple[int, int]:
    width, height = held.get("width"), held.get("height")
    if type(width) is int and type(height) is int and width > 0 and height > 0:
        return width, height
    for key in ("content", "data", "url", "uri", "image"):
        value = held.get(key)
        if not isinstance(value, str):
            continue
        prefix = _DATA_URL.match(value)
        start = prefix.end() if prefix else 0
        found = size_of(_decoded(value[start : start + _BASE64_CHARS]))
        if found is not None:
            return found
    return 0, 0


def _decoded(text: str) -> bytes:
    """Return what base64 says, as far as it goes; nothing if it is none."""
    try:
        return binascii.a2b_base64(text[: len(text) // 4 * 4])
    except ValueError:
        return b""


@dataclass(frozen=True, slots=True)
class Tiles:
    """OpenAI's older formula: a base, and as much for each tile of 512 pixels after the image is made smaller."""

    base: int
    tile: int

    def __call__(self, image: Image) -> Count:
        if image.detail == "low":
            return Count(self.base)
        width, height, known = _sides(image)
        shrink = min(1.0, 2048 / max(width, height))
        shrink = min(shrink, 768 / min(width, height))
        tiles = math.ceil(_px(width * shrink) / 512) * math.ceil(_px(height * shrink) / 512)
        return Count(self.base + self.tile * tiles, exact=known and image.detail == "high")


@dataclass(frozen=True, slots=True)
class Patches:
    """OpenAI's newer formula: patches of 32 pixels, at most so many, times the model's factor."""

    factor: float
    most: int = 1536

    def __call__(self, image: Image) -> Count:
        width, height, known = _sides(image)
        patches = math.ceil(width / 32) * math.ceil(height / 32)
        if patches > self.most:
            shrink = math.sqrt(32 * 32 * self.most / (width * height))
            across, down = width * shrink / 32, height * shrink / 32
            shrink *= min(math.floor(across) / across, math.floor(down) / down)
            patches = min(self.most, math.ceil(_px(width * shrink) / 32) * math.ceil(_px(height * shrink) / 32))
        return Count(math.ceil(patches * self.factor), exact=known and image.detail in ("", "auto", "high"))


def _claude(image: Image) -> Count:
    """Area over 750, after the long side is brought to 1,568 pixels and the whole to 1.15 megapixels."""
    width, height, _ = _sides(image)
    shrink = min(1.0, 1568 / max(width, height), math.sqrt(1_150_000 / (width * height)))
    return Count(math.ceil(width * shrink * height * shrink / 750), exact=False)


def _gemini(image: Image) -> Count:
    """258 for a small image, else 258 for each tile, whose side follows from the shorter side of the image."""
    width, height, known = _sides(image)
    if width <= 384 and height <= 384:
        return Count(258, exact=known)
    side = min(768, max(256, math.floor(min(width, height) / 1.5)))
    return Count(258 * math.ceil(width / side) * math.ceil(height / side), exact=known)


def _unknown(image: Image) -> Count:
    """Return what most models take for a picture of a screen's size."""
    return Count(_claude(image).tokens, exact=False)


_RULES: Final[tuple[tuple[str, ImageRule], ...]] = (
    ("gpt-4o-mini", Tiles(2833, 5667)),
    ("gpt-4.1-mini", Patches(1.62)),
    ("gpt-4.1-nano", Patches(2.46)),
    ("gpt-5-mini", Patches(1.62)),
    ("gpt-5-nano", Patches(2.46)),
    ("o4-mini", Patches(1.72)),
    ("gpt-5", Tiles(70, 140)),
    ("o1", Tiles(75, 150)),
    ("o3", Tiles(75, 150)),
    ("computer-use-preview", Tiles(65, 129)),
    ("gpt-4o", Tiles(85, 170)),
    ("gpt-4.1", Tiles(85, 170)),
    ("gpt-4.5", Tiles(85, 170)),
    ("gpt-4-turbo", Tiles(85, 170)),
    ("gpt-4-vision", Tiles(85, 170)),
    ("chatgpt-4o", Tiles(85, 170)),
    ("gemini-1.5", lambda _: Count(258)),
    ("gemini-2", _gemini),
    # By default; how closely a newer one looks is a parameter of the call.
    ("gemini-", lambda _: Count(1_120, exact=False)),
)
"""By the model's name, which ends there or goes on with a dash or a point's number; the first that fits."""


def image_rule(model: str) -> ImageRule:
    """Return how a model counts images; an estimate's rule for one whose formula is not documented."""
    return _rule_of(model) if len(model) <= MAX_NAME_CHARS else _unknown


@lru_cache(maxsize=4096)  # Bounded, as names come from outside; a mesh sees dozens.
def _rule_of(model: str) -> ImageRule:
    for reading in models_of(model):
        if "claude" in reading.name:
            return _claude
        for prefix, rule in _RULES:
            rest = reading.name.removeprefix(prefix)
            if rest != reading.name and (not rest or rest[0] in "-.@" or prefix.endswith("-")):
                # Of gpt-5.4 and the like nothing is documented yet that holds for gpt-5.
                return _estimated(rule) if rest.startswith(".") and prefix == "gpt-5" else rule
    return _unknown


def _estimated(rule: ImageRule) -> ImageRule:
    return lambda image: Count(rule(image).tokens, exact=False)


def _sides(image: Image) -> tuple[int, int, bool]:
    """Return width and height, and whether they are known; no side is less than a pixel or beyond any image."""
    if not (image.width and image.height):
        return _UNKNOWN_SIDE, _UNKNOWN_SIDE, False
    return min(image.width, 100_000), min(image.height, 100_000), True


def _px(length: float) -> int:
    """Return a length in whole pixels; what is a pixel but for rounding is one."""
    return max(1, math.floor(length + 1e-6))
