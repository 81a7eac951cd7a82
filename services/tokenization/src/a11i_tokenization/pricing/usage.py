"""Token counts of calls in sorts that do not overlap, and what cannot be about them."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from a11i_telemetry.columns import Column
from a11i_tokenization.pricing.rates import COMMON_SORTS, EVERY_SORT, MAX_TOKENS, SortRows

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

TOKEN_COLUMNS: Final = (
    "input_tokens", "cache_read_tokens", "cache_write_tokens", "cache_write_1h_tokens", "input_audio_tokens",
    "input_image_tokens", "output_tokens", "reasoning_tokens", "output_audio_tokens", "output_image_tokens",
)  # fmt: skip
"""The columns that tokens are counted in, in the order of SORTS; input and output are the whole ones here."""
_INPUT, _READ, _WRITE, _WRITE_1H, _IN_AUDIO, _IN_IMAGE, _OUTPUT, _REASONING, _OUT_AUDIO, _OUT_IMAGE = range(10)
_RARE: Final = (_WRITE_1H, _IN_AUDIO, _IN_IMAGE, _OUT_AUDIO, _OUT_IMAGE)
_OUTPUTS: Final = [_OUTPUT, _OUT_AUDIO, _OUT_IMAGE]
"""Those without which an output has no cost; without its reasoning it is all plain output."""
_RARE_COLUMNS: Final = tuple(TOKEN_COLUMNS[row] for row in _RARE)
_CALL: Final = len(EVERY_SORT.rows) - 1
_COMMON_COLUMNS: Final = tuple(TOKEN_COLUMNS[row] for row in COMMON_SORTS.rows)
_COMMON: Final = len(_COMMON_COLUMNS)
_COMMON_INPUT, _COMMON_READ, _COMMON_WRITE, _COMMON_OUTPUT, _COMMON_REASONING = range(_COMMON)
_NO_FLAGS: Final[Mapping[str, Bools]] = MappingProxyType({})


class SortedUsage(NamedTuple):  # A frozen dataclass of so many fields takes four times as long to make.
    """What calls used."""

    sorts: SortRows
    """The sorts that there are; of the others nobody used any."""
    tokens: Ints
    """Shape (sorts, spans): tokens by sort, 0 where not known; of the call itself 1."""
    input: Ints
    """The whole input, 0 where not known."""
    most: int
    """No input is larger."""
    input_known: Bools
    """The input is known, and can be."""
    output_known: Bools
    input_sent: Bools
    """There is a number of input tokens, whatever it is."""
    output_sent: Bools
    flags: Mapping[str, Bools]
    """What cannot be, in words, and of which spans; nothing that is true of none."""

    @classmethod
    def of(cls, columns: Mapping[str, Column]) -> "SortedUsage":
        """Sort the tokens of TOKEN_COLUMNS.

        Of numbers that contradict each other no more is priced than their whole: reasoning over the output is the
        output. Where that does not say which rates hold, as of cached tokens over the input, nothing is known.
        """
        values, known = _numbers(columns, TOKEN_COLUMNS)
        values = values * known
        flags: dict[str, Bools] = {}
        fits_input: Bools = np.ones(values.shape[1], np.bool_)
        fits_output: Bools = fits_input
        # As numbers without a sign, negative ones are large, too.
        if (values.view(np.uint64) > MAX_TOKENS).any():
            values, fits_input, fits_output = _without_insane(values, flags)
        tokens = np.empty((len(EVERY_SORT.rows), values.shape[1]), np.int64)
        tokens[:_CALL], tokens[_CALL] = values, 1
        tokens[_INPUT] -= values[_READ]
        tokens[_INPUT] -= values[_WRITE]
        tokens[_OUTPUT] -= values[_REASONING]
        sent: Any = known.any(1)
        if sent[list(_RARE)].any() or tokens.min(initial=0) < 0:
            fits_input = fits_input & _sort_input(values, known, tokens, flags)
            fits_output = fits_output & _sort_output(values, known, tokens, flags)
            tokens[_OUTPUT:_CALL] *= known[_OUTPUT]  # Its details alone are no cost, also where no output is expected.
        return cls(
            sorts=EVERY_SORT,
            tokens=tokens,
            input=values[_INPUT],
            most=MAX_TOKENS,
            input_known=known[_INPUT] & fits_input,
            output_known=known[_OUTPUT] & fits_output,
            input_sent=known[_INPUT],
            output_sent=known[_OUTPUT],
            flags={word: spans for word, spans in flags.items() if spans.any()},
        )

    @classmethod
    def common(cls, columns: Mapping[str, Column]) -> "SortedUsage | None":
        """Return what `of` does, in common sorts alone; None if others were used, or a number cannot be.

        That is what most batches hold, and sorting it takes a third of the time.
        """
        spans = len(columns["input_tokens"])
        for name in _RARE_COLUMNS:
            if columns[name].null_count != spans:
                return None
        if not spans:
            return None
        values, known = _numbers(columns, _COMMON_COLUMNS)
        # One array for all, so that one look at it says whether each number can be.
        every = np.zeros((_COMMON + 2) * spans, np.int64)
        numbers = every.reshape(-1, spans)
        tokens, whole = numbers[:_COMMON], numbers[_COMMON]
        np.copyto(tokens, values, where=known)
        uncached, unreasoned = tokens[_COMMON_INPUT], tokens[_COMMON_OUTPUT]
        whole[:], numbers[_COMMON + 1] = uncached, unreasoned
        uncached -= tokens[_COMMON_READ]
        uncached -= tokens[_COMMON_WRITE]
        unreasoned -= tokens[_COMMON_REASONING]
        # As numbers without a sign, negative ones are large, too.
        unsigned = every.view(np.uint64)
        most = unsigned.item(unsigned.argmax())
        if most > MAX_TOKENS:
            return None
        sent, answered = known[_COMMON_INPUT], known[_COMMON_OUTPUT]
        return cls(COMMON_SORTS, tokens, whole, most, sent, answered, sent, answered, _NO_FLAGS)


def _without_insane(values: Ints, flags: dict[str, Bools]) -> tuple[Ints, Bools, Bools]:
    """Return the numbers with 0 for those that cannot be, and where all of the input's and of the output's can."""
    negative, absurd = values < 0, values > MAX_TOKENS
    for row, name in enumerate(TOKEN_COLUMNS):
        flags[f"negative {name}"] = negative[row]
        flags[f"absurd {name}"] = absurd[row]
    sane = ~(negative | absurd)
    input_sane: Any = sane[:_OUTPUT].all(0)
    output_sane: Any = sane[_OUTPUTS].all(0)
    return values * sane, input_sane, output_sane


def _sort_input(values: Ints, known: Bools, tokens: Ints, flags: dict[str, Bools]) -> Bools:
    """Fill the input's sorts; return where they can be."""
    whole, read, written, written_1h, audio, image = values[:_OUTPUT]
    sent = known[_INPUT]
    written = np.where(known[_WRITE], written, written_1h)
    flags["cache_write_1h over cache_write"] = written_1h > written
    written_1h = np.minimum(written_1h, written)
    cached = read + written
    flags["cached over input"] = sent & (cached > whole)
    flags["input details over input"] = sent & (audio + image > whole)
    # What is left of the input beside the cached tokens: audio and images that were cached are priced as cached.
    uncached = np.maximum(whole - cached, 0)
    audio = np.minimum(audio, uncached)
    image = np.minimum(image, uncached - audio)
    tokens[_INPUT:_OUTPUT] = uncached - audio - image, read, written - written_1h, written_1h, audio, image
    fits: Bools = ~(flags["cached over input"] | flags["input details over input"])
    return fits


def _sort_output(values: Ints, known: Bools, tokens: Ints, flags: dict[str, Bools]) -> Bools:
    """Fill the output's sorts; return where they can be."""
    whole, reasoning, audio, image = values[_OUTPUT:]
    sent = known[_OUTPUT]
    modal = audio + image
    flags["reasoning over output"] = sent & (reasoning > whole)
    flags["output details over output"] = sent & (modal > whole)
    text = np.maximum(whole - modal, 0)
    reasoning = np.minimum(reasoning, text)
    tokens[_OUTPUT:_CALL] = text - reasoning, reasoning, audio, image
    fits: Bools = ~flags["output details over output"]
    return fits


def _numbers(columns: Mapping[str, Column], names: Sequence[str]) -> tuple[Ints, Bools]:
    """Return columns of numbers as rows, and where they are not null, where they may be anything.

    Reads Arrow's buffers, as its functions cost more than the numbers of a batch are worth.
    """
    joined = pa.concat_arrays([columns[name] for name in names])
    shape = len(names), len(joined) // len(names)
    if not len(joined):
        return np.zeros(shape, np.int64), np.zeros(shape, np.bool_)
    validity, data = joined.buffers()
    values = np.frombuffer(data, np.int64, len(joined), joined.offset * 8).reshape(shape)
    if validity is None:
        return values, np.ones(shape, np.bool_)
    bits = np.unpackbits(np.frombuffer(validity, np.uint8), count=joined.offset + len(joined), bitorder="little")
    return values, bits[joined.offset :].view(np.bool_).reshape(shape)
