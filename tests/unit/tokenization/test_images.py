import base64
import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from a11i_tokenization.cache import Count
from a11i_tokenization.image_sizes import size_of
from a11i_tokenization.images import Image, image_of, image_rule


def png(width: int, height: int) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + b"IHDR" + header + struct.pack(">I", zlib.crc32(header))


def jpeg(width: int, height: int, *, before: int = 0) -> bytes:
    exif = b"\xff\xe1" + struct.pack(">H", before + 2) + bytes(before) if before else b""
    return b"\xff\xd8" + exif + b"\xff\xff\xc0" + struct.pack(">HBHHB", 17, 8, height, width, 3) + bytes(9)


def gif(width: int, height: int) -> bytes:
    return b"GIF89a" + struct.pack("<HH", width, height) + b"\0\0\0"


def webp_extended(width: int, height: int) -> bytes:
    sides = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return b"RIFF\0\0\0\0WEBPVP8X" + struct.pack("<I", 10) + bytes(4) + sides


def webp_lossy(width: int, height: int) -> bytes:
    frame = bytes(3) + b"\x9d\x01\x2a" + struct.pack("<HH", width, height)
    return b"RIFF\0\0\0\0WEBPVP8 " + struct.pack("<I", len(frame)) + frame


def webp_lossless(width: int, height: int) -> bytes:
    bits = (width - 1) | (height - 1) << 14
    return b"RIFF\0\0\0\0WEBPVP8L" + struct.pack("<I", 5) + b"\x2f" + bits.to_bytes(4, "little")


FORMATS = [png, jpeg, gif, webp_extended, webp_lossy, webp_lossless]


@pytest.mark.parametrize("made", FORMATS)
def test_the_size_is_in_the_header(made: "type[object]") -> None:
    assert size_of(made(640, 481)) == (640, 481)  # type: ignore[call-arg, arg-type]  # a function


def test_a_jpegs_size_is_found_behind_a_preview() -> None:
    assert size_of(jpeg(3_000, 2_000, before=60_000)) == (3_000, 2_000)


@given(st.sampled_from(FORMATS), st.integers(0, 40), st.binary(max_size=40))
def test_damaged_headers_have_no_size_or_some(made: object, kept: int, rest: bytes) -> None:
    found = size_of(made(640, 481)[:kept] + rest)  # type: ignore[operator]  # a function
    assert found is None or min(found) > 0


def encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()


URL = f"data:image/png;base64,{encoded(png(640, 480))}"


@pytest.mark.parametrize(
    ("part", "image"),
    [
        ({"type": "blob", "modality": "image", "content": encoded(png(640, 480))}, Image(640, 480)),
        ({"type": "blob", "mime_type": "image/jpeg", "content": encoded(jpeg(640, 480))}, Image(640, 480)),
        ({"type": "image_url", "image_url": {"url": URL, "detail": "low"}}, Image(640, 480, "low")),
        ({"type": "input_image", "image_url": URL, "detail": "high"}, Image(640, 480, "high")),
        (
            {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": encoded(png(640, 480))}},
            Image(640, 480),
        ),
        (
            {"type": "uri", "modality": "image", "uri": "https://example.org/a.png", "width": 5, "height": 6},
            Image(5, 6),
        ),
        ({"type": "uri", "modality": "image", "uri": "https://example.org/a.png"}, Image()),
        ({"type": "blob", "modality": "image", "content": "ünreadable"}, Image()),
        ({"type": "blob", "modality": "audio", "content": "AAAA"}, None),
        ({"type": "text", "content": "an image"}, None),
    ],
)
def test_images_are_found_in_every_notation(part: dict[str, object], image: Image | None) -> None:
    assert image_of(part) == image


@pytest.mark.parametrize(
    ("model", "image", "count"),
    [
        # OpenAI's examples.
        ("gpt-4o", Image(1024, 1024, "high"), Count(765)),
        ("gpt-4o", Image(2048, 4096, "high"), Count(1105)),
        ("gpt-4o", Image(4096, 8192, "low"), Count(85)),
        ("gpt-4o-2024-08-06", Image(100, 100, "high"), Count(255)),
        ("openai/gpt-5", Image(1024, 1024, "high"), Count(70 + 4 * 140)),
        ("o1", Image(1024, 1024, "high"), Count(75 + 4 * 150)),
        ("gpt-4.1-mini", Image(1024, 1024), Count(1659)),  # 1,024 patches times 1.62
        ("o4-mini", Image(1800, 2400), Count(2498)),  # 1,452 patches
        ("gpt-4.1-nano-2025-04-14", Image(32, 32), Count(3)),
        # The model decides how closely it looks.
        ("gpt-4o", Image(1024, 1024), Count(765, exact=False)),
        ("gpt-4o", Image(), Count(765, exact=False)),
        ("gpt-5.4", Image(1024, 1024, "high"), Count(630, exact=False)),
        # Anthropic's examples: 200 x 200, 1,000 x 1,000, 1,092 x 1,092.
        ("claude-sonnet-4-5", Image(200, 200), Count(54, exact=False)),
        ("claude-sonnet-4-5", Image(1000, 1000), Count(1334, exact=False)),
        ("us.anthropic.claude-sonnet-4-20250514-v1:0", Image(1092, 1092), Count(1534, exact=False)),
        # Google's: up to 384 pixels, and tiles.
        ("gemini-2.5-pro", Image(384, 384), Count(258)),
        ("gemini-2.0-flash", Image(960, 540), Count(258 * 6)),
        ("gemini-2.5-pro", Image(), Count(258 * 4, exact=False)),
        ("gemini-3-pro-preview", Image(100, 100), Count(1120, exact=False)),
        ("no-such-model", Image(200, 200), Count(54, exact=False)),
    ],
)
def test_vendors_formulas(model: str, image: Image, count: Count) -> None:
    assert image_rule(model)(image) == count


@given(
    st.sampled_from(["gpt-4o", "gpt-4.1-mini", "claude-sonnet-4-5", "gemini-2.5-pro", "", "gemini-3-pro"]),
    st.integers(1, 2**31), st.integers(1, 2**31), st.sampled_from(["", "low", "high", "auto", "original", "odd"]),
)  # fmt: skip
def test_no_size_is_too_odd(model: str, width: int, height: int, detail: str) -> None:
    count = image_rule(model)(Image(width, height, detail))
    assert 0 < count.tokens < 10**9
