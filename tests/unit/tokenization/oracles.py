"""tiktoken as the oracle of what is counted in parts, or by a faster tokenizer."""

from collections.abc import Callable
from functools import cache
from typing import Final

import tiktoken

from a11i_tokenization import vocabularies
from a11i_tokenization.counting import vendors
from a11i_tokenization.counting.tiktoken_engine import TiktokenEngine
from a11i_tokenization.counting.toktok_vendor_engine import ToktokVendorEngine

OF_TIKTOKEN: Final = (
    *vocabularies.ENCODINGS,
    *("llama3", "llama4", "tekken", "deepseek_v3", "qwen2", "qwen3_5", "claude2"),
)
"""The encodings that tiktoken counts, OpenAI's and others'."""


@cache
def counter_of_whole(name: str) -> Callable[[str], int]:
    """Return what counts a text of an encoding whole, without any care for how long that takes."""
    if name in vocabularies.ENCODINGS:
        encoding = vocabularies.build(name, vocabularies.packaged_directory())
    else:
        engine = {source.name: source for source in vendors.sources()}[name].load()
        if isinstance(engine, ToktokVendorEngine):
            engine = engine._reference()
        assert isinstance(engine, TiktokenEngine)
        encoding = engine._encoding
        assert isinstance(encoding, tiktoken.Encoding)
    return lambda text: len(encoding.encode_ordinary(text))
