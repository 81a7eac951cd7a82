from a11i_tokenization.cache import ENTRY_BYTES, Count, CountCache, content_key


def test_encodings_and_kinds_share_no_key() -> None:
    keys = {content_key(encoding, kind, b"text") for encoding in ("o200k_base", "cl100k_base") for kind in "mx"}
    assert len(keys) == 4


def test_the_cache_never_holds_more_than_its_bound() -> None:
    cache = CountCache(max_bytes=100 * ENTRY_BYTES)
    for number in range(1000):
        cache.put(content_key("o200k_base", "m", str(number).encode()), Count(number))
        assert len(cache) <= 100


def test_what_is_used_stays_and_what_is_not_goes() -> None:
    cache = CountCache(max_bytes=100 * ENTRY_BYTES)
    used, unused = b"used", b"unused"
    cache.put(used, Count(7))
    cache.put(unused, Count(8))
    for number in range(500):
        cache.put(str(number).encode(), Count(number))
        assert cache.get(used) == Count(7)
    assert cache.get(unused) is None


def test_a_sum_is_exact_only_if_both_are() -> None:
    assert Count(1) + Count(2) == Count(3, exact=True)
    assert Count(1) + Count(2, exact=False) == Count(3, exact=False)
