"""Token counts of calls in sorts that do not overlap, and what cannot be about them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from a11i_telemetry.columns import Column
from a11i_tokenization.pricing.rates import MAX_TOKENS, SORTS

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

TOKEN_COLUMNS: Final = (
    "input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens", "cache_write_1h_tokens",
    "input_audio_tokens", "input_image_tokens", "reasoning_tokens", "output_audio_tokens", "output_image_tokens",
)  # fmt: skip
"""The columns that tokens are counted in."""
(_INPUT, _OUTPUT, _READ, _WRITE, _WRITE_1H, _IN_AUDIO, _IN_IMAGE, _REASONING, _OUT_AUDIO, _OUT_IMAGE) = range(10)
_OF_INPUT: Final = [_INPUT, _READ, _WRITE, _WRITE_1H, _IN_AUDIO, _IN_IMAGE]
_OF_OUTPUT: Final = [_OUTPUT, _REASONING, _OUT_AUDIO, _OUT_IMAGE]


@dataclass(frozen=True, slots=True)
class SortedUsage:
    """What calls used."""

    tokens: Ints
    """Shape (SORTS, spans): tokens by sort, 0 where not known; of the last, the call, 1."""
    input: Ints
    """The whole input, 0 where not known."""
    input_known: Bools
    """The input is known, and can be."""
    output_known: Bools
    output_sent: Bools
    """There is a number of output tokens, whatever it is."""
    flags: Mapping[str, Bools]
    """What cannot be, in words, and of which spans; nothing that is true of none."""

    @classmethod
    def of(cls, columns: Mapping[str, Column]) -> "SortedUsage":
        """Sort the tokens of TOKEN_COLUMNS.

        Of numbers that contradict each other no more is priced than their whole: reasoning over the output is the
        output. Where that does not say which rates hold, as of cached tokens over the input, nothing is known.
        """
        values, known = _numbers(columns)
        flags: dict[str, Bools] = {}
        sane_input: Bools = np.ones(values.shape[1], np.bool_)
        sane_output: Bools = sane_input
        insane = (values < 0) | (values > MAX_TOKENS)
        if insane.any():
            for row, name in enumerate(TOKEN_COLUMNS):
                flags[f"negative {name}"] = values[row] < 0
                flags[f"absurd {name}"] = values[row] > MAX_TOKENS
            values = np.where(insane, 0, values)
            sane_input, sane_output = np.all(~insane[_OF_INPUT], 0), np.all(~insane[_OF_OUTPUT], 0)
        tokens = np.zeros((len(SORTS), values.shape[1]), np.int64)
        tokens[-1] = 1
        fits_input = _sort_input(values, known, tokens, flags)
        fits_output = _sort_output(values, tokens, flags)
        return cls(
            tokens=tokens,
            input=values[_INPUT],
            input_known=known[_INPUT] & sane_input & fits_input,
            output_known=known[_OUTPUT] & sane_output & fits_output,
            output_sent=known[_OUTPUT],
            flags={word: spans for word, spans in flags.items() if spans.any()},
        )


def _sort_input(values: Ints, known: Bools, tokens: Ints, flags: dict[str, Bools]) -> Bools:
    """Fill the input's sorts; return where they can be."""
    whole, read, written = values[_INPUT], values[_READ], values[_WRITE]
    written_1h, audio, image = values[_WRITE_1H], values[_IN_AUDIO], values[_IN_IMAGE]
    fits = np.ones(len(whole), np.bool_)
    if known[_WRITE_1H].any():
        written = np.where(known[_WRITE], written, written_1h)
        flags["cache_write_1h over cache_write"] = written_1h > written
        written_1h = np.minimum(written_1h, written)
    cached = read + written
    over = cached > whole
    if over.any():
        flags["cached over input"] = over & known[_INPUT]
        fits &= ~over
    if known[_IN_AUDIO].any() or known[_IN_IMAGE].any():
        over = audio + image > whole
        flags["input details over input"] = over & known[_INPUT]
        fits &= ~over
        # What is left of the input beside the cached tokens: audio and images that were cached are priced as cached.
        uncached = np.maximum(whole - cached, 0)
        audio = np.minimum(audio, uncached)
        image = np.minimum(image, uncached - audio)
    tokens[0] = whole - cached - audio - image
    tokens[1], tokens[2], tokens[3], tokens[4], tokens[5] = read, written - written_1h, written_1h, audio, image
    return fits


def _sort_output(values: Ints, tokens: Ints, flags: dict[str, Bools]) -> Bools:
    """Fill the output's sorts; return where they can be."""
    whole, reasoning, audio, image = values[_OUTPUT], values[_REASONING], values[_OUT_AUDIO], values[_OUT_IMAGE]
    flags["reasoning over output"] = reasoning > whole
    modal = audio + image
    over: Bools = modal > whole
    if over.any():
        flags["output details over output"] = over
    tokens[7] = np.minimum(reasoning, np.maximum(whole - modal, 0))
    tokens[8], tokens[9] = audio, image
    tokens[6] = whole - modal - tokens[7]
    fits: Bools = ~over
    return fits


def _numbers(columns: Mapping[str, Column]) -> tuple[Ints, Bools]:
    """Return TOKEN_COLUMNS as rows, 0 where null, and where they are not.

    Reads Arrow's buffers, as its functions cost more than the numbers of a batch are worth.
    """
    joined = pa.concat_arrays([columns[name] for name in TOKEN_COLUMNS])
    shape = len(TOKEN_COLUMNS), len(joined) // len(TOKEN_COLUMNS)
    if not len(joined):
        return np.zeros(shape, np.int64), np.zeros(shape, np.bool_)
    validity, data = joined.buffers()
    values = np.frombuffer(data, np.int64, len(joined), joined.offset * 8).reshape(shape)
    if validity is None:
        return values, np.ones(shape, np.bool_)
    bits = np.unpackbits(np.frombuffer(validity, np.uint8), count=joined.offset + len(joined), bitorder="little")
    known = bits[joined.offset :].view(np.bool_).reshape(shape)
    return values * known, known
