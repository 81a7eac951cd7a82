import os
import subprocess
import sys

from a11i_tokenization.cache import ENTRY_BYTES, Count, CountCache, content_hash, shelf


def key(text: object) -> int:
    return content_hash(str(text)) ^ shelf("o200k_base", "m")


def test_encodings_and_kinds_share_no_key() -> None:
    text = content_hash("text")
    keys = {text ^ shelf(encoding, kind) for encoding in ("o200k_base", "cl100k_base") for kind in "mx"}
    assert len(keys) == 4


def test_keys_are_secret_even_if_pythons_hashes_are_not() -> None:
    code = "from a11i_tokenization.cache import content_hash; print(content_hash('text'), content_hash('text'))"
    run = [
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": "7"},
            capture_output=True,
            check=True,
            text=True,
        ).stdout.split()
        for _ in range(2)
    ]
    assert run[0][0] == run[0][1]
    assert run[0][0] != run[1][0]


def test_the_cache_never_holds_more_than_its_bound() -> None:
    cache: CountCache[Count] = CountCache(max_bytes=100 * ENTRY_BYTES)
    for number in range(1000):
        cache.put(key(number), Count(number))
        assert len(cache) <= 100


def test_what_is_used_stays_and_what_is_not_goes() -> None:
    cache: CountCache[Count] = CountCache(max_bytes=100 * ENTRY_BYTES)
    used, unused = key("used"), key("unused")
    cache.put(used, Count(7))
    cache.put(unused, Count(8))
    for number in range(500):
        cache.put(key(number), Count(number))
        assert cache.get(used) == Count(7)
    assert cache.get(unused) is None


def test_a_sum_is_exact_only_if_both_are() -> None:
    assert Count(1) + Count(2) == Count(3, exact=True)
    assert Count(1) + Count(2, exact=False) == Count(3, exact=False)
