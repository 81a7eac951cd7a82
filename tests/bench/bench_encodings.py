"""Measures counting texts with each encoding on one thread: python -m tests.bench.bench_encodings [--worst NAME...]."""

import argparse
import base64
import json
import multiprocessing
import random
import time
from collections.abc import Callable, Sequence
from functools import partial
from multiprocessing.connection import Connection
from typing import Final

import psutil
import structlog
import tiktoken

from a11i_tokenization import vocabularies
from a11i_tokenization.counting.engine import encodable
from a11i_tokenization.encodings import KNOWN_ENCODINGS, Encodings
from a11i_tokenization.vocabularies import packaged_directory
from tests.bench.corpus import paragraph
from tests.bench.token_texts import files, languages, made_up, packaged

_FAST: Final = ("o200k_base", "cl100k_base")
_ROUNDS: Final = 5
_PARAGRAPHS: Final = 2_000
_LETTERS: Final = "abcdefghijklmnopqrstuvwxyz"
_MEGABYTE: Final = 1_000_000
_FILE_KINDS: Final = ("py", "js", "md", "json", "html", "csv")
_CHILD_TIMEOUT_S: Final = 60


def main() -> None:
    """Print CPU time and throughput: of unique text, by kind, of the worst texts, and of each encoding's loading."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--worst", nargs="+", metavar="NAME", help="nothing but the worst texts of these encodings")
    names = options.parse_args().worst
    # Only figures are printed.
    structlog.configure(processors=[_drop])
    encodings = Encodings(packaged_directory())
    if names:
        _print_worst(encodings, names)
        return
    _print_unique(encodings)
    _print_kinds()
    _print_worst(encodings, _FAST)
    _print_worst_of_others(encodings)
    _print_loading()


def _drop(*_: object) -> str:
    raise structlog.DropEvent


def _print_unique(encodings: Encodings) -> None:
    """Each round has texts of its own, so that nothing has seen them before."""
    print(f"{'MB/s, median of rounds':<28}" + "".join(f"{name:>14}" for name in ("tiktoken", "here", "one by one")))
    for kind, texts_of in (("agents' texts", _agents_texts), ("68 languages, code, JSON", _mixed_texts)):
        rounds = [texts_of(seed) for seed in range(_ROUNDS)]
        for name in _FAST:
            oracle = vocabularies.build(name, packaged_directory())
            rates = [
                _median_rate(rounds, partial(_count_each, oracle.encode_ordinary)),
                _median_rate(rounds, partial(encodings.count_all, name)),
                _median_rate(rounds, partial(_count_each, partial(encodings.count, name))),
            ]
            _check(encodings, name, oracle, rounds[0])
            print(f"{kind + ', ' + name:<40.40}" + "".join(f"{rate:>10.1f}" for rate in rates))


def _count_each(count: Callable[[str], object], texts: Sequence[str]) -> None:
    for text in texts:
        count(text)


def _check(encodings: Encodings, name: str, oracle: tiktoken.Encoding, texts: Sequence[str]) -> None:
    """A rate of wrong counts is no rate."""
    if encodings.count_all(name, texts) != [len(oracle.encode_ordinary(text)) for text in texts]:
        raise AssertionError(f"{name} does not count as tiktoken does")


def _agents_texts(seed: int) -> list[str]:
    rng = random.Random(seed)  # noqa: S311 - texts, no secrets
    return [paragraph(rng, 600) for _ in range(_PARAGRAPHS)]


def _mixed_texts(seed: int) -> list[str]:
    return [*languages(), *(text for _, text in files()), *(text for _, text in made_up(100, seed))]


def _median_rate(rounds: Sequence[Sequence[str]], count: Callable[[Sequence[str]], object]) -> float:
    rates = []
    for texts in rounds:
        started = time.process_time()
        count(texts)
        rates.append(sum(len(text.encode()) for text in texts) / (time.process_time() - started) / _MEGABYTE)
    return sorted(rates)[len(rates) // 2]


def _kinds() -> dict[str, list[str]]:
    by_kind: dict[str, list[str]] = {f"packages' .{kind}": packaged(kind, _MEGABYTE) for kind in _FILE_KINDS}
    by_kind["sentences of 68 languages"] = [*languages()]
    by_kind["this repository's files"] = [text for _, text in files()]
    for kind, text in made_up(200):
        by_kind.setdefault(f"made up: {kind}", []).append(text)
    return by_kind


def _print_kinds() -> None:
    """Each kind in a process of its own, as what has counted one kind counts the next one faster."""
    print(f"\n{'MB/s by kind, o200k_base':<32}{'kB':>8}{'first time':>12}{'again':>8}{'tiktoken':>10}")
    context = multiprocessing.get_context("spawn")
    for kind, texts in _kinds().items():
        parent, child = context.Pipe(duplex=False)
        process = context.Process(target=_count_kind, args=(texts, child))
        process.start()
        if parent.poll(_CHILD_TIMEOUT_S):
            size, first, again, reference = parent.recv()
            print(f"{kind:<32}{size / 1e3:>8.0f}{first:>12.1f}{again:>8.1f}{reference:>10.1f}")
        process.join(_CHILD_TIMEOUT_S)


def _count_kind(texts: Sequence[str], answer: Connection) -> None:
    structlog.configure(processors=[_drop])
    encodings = Encodings(packaged_directory())
    oracle = vocabularies.build("o200k_base", packaged_directory())
    count = partial(encodings.count_all, "o200k_base")
    first, again = _median_rate([texts], count), _median_rate([texts] * _ROUNDS, count)
    reference = _median_rate([texts], partial(_count_each, oracle.encode_ordinary))
    _check(encodings, "o200k_base", oracle, texts)
    answer.send((sum(len(text.encode()) for text in texts), first, again, reference))


def _print_worst_of_others(encodings: Encodings) -> None:
    print(f"\n{'encoding':<20}the texts that take longest, ms a megabyte, best of rounds; ~ is an estimate")
    for name in KNOWN_ENCODINGS:
        if name in _FAST or encodings.source(name).name != name:
            continue
        took = _worst(encodings, name)
        longest = sorted(took, key=lambda kind: took[kind][0], reverse=True)[:4]
        print(f"{name:<20}" + ", ".join(f"{kind}{took[kind][1].strip()} {took[kind][0]:.0f}" for kind in longest))


def _print_worst(encodings: Encodings, names: Sequence[str]) -> None:
    print(f"\n{'ms a megabyte, best of rounds':<32}" + "".join(f"{name:>14}" for name in names))
    worst = {name: _worst(encodings, name) for name in names}
    for kind in _hostile(0):
        print(f"{kind:<32}" + "".join("{:>13.1f}{}".format(*worst[name][kind]) for name in names))
    longest = (max(took for took, _ in worst[name].values()) for name in names)
    print(f"{'the worst; ~ is an estimate':<32}" + "".join(f"{took:>13.1f} " for took in longest))


def _worst(encodings: Encodings, name: str) -> dict[str, tuple[float, str]]:
    """Return the time that each kind takes, and "~" if it was sampled. Each round has texts of its own: those that were
    counted before, whose words are remembered, can take half the time."""
    encodings.count(name, "")
    found: dict[str, tuple[float, str]] = {}
    for seed in range(_ROUNDS):
        for kind, text in _hostile(seed).items():
            took = _seconds(encodings, name, text) * 1e3 / (len(encodable(text).encode()) / _MEGABYTE)
            sampled = encodings.source(name).exact and not encodings.measure(name, text).exact
            found[kind] = (min(took, found.get(kind, (took, ""))[0]), "~" if sampled else " ")
    return found


def _seconds(encodings: Encodings, name: str, text: str) -> float:
    started = time.process_time()
    encodings.count(name, text)
    return time.process_time() - started


def _hostile(seed: int) -> dict[str, str]:
    rng = random.Random(seed)  # noqa: S311 - texts, no secrets

    def any_of(alphabet: Sequence[str], length: int) -> str:
        return "".join(rng.choices(alphabet, k=length))

    def words(length: int) -> str:
        return " ".join(any_of(_LETTERS, length) for _ in range(_MEGABYTE // (length + 1)))

    return {
        "spaces": " " * _MEGABYTE,
        "line breaks": "\n" * _MEGABYTE,
        "white space, mixed": any_of(" \t\r\n", _MEGABYTE),
        "one emoji": "😀" * (_MEGABYTE // 4),
        "emoji": any_of([chr(code) for code in range(0x1F300, 0x1F6FF)], _MEGABYTE // 4),
        "base64": base64.b64encode(rng.randbytes(_MEGABYTE * 3 // 4)).decode(),
        "hex": rng.randbytes(_MEGABYTE // 2).hex(),
        "one letter": "a" * _MEGABYTE,
        "an endless word": any_of(_LETTERS, _MEGABYTE),
        "endless capitals": any_of(_LETTERS.upper(), _MEGABYTE),
        "endless Cyrillic": any_of([chr(code) for code in range(0x430, 0x450)], _MEGABYTE // 2),
        "endless ideographs": any_of([chr(code) for code in range(0x4E00, 0x9FFF)], _MEGABYTE // 3),
        "random words of 8 letters": words(8),
        "random words of 12 letters": words(12),
        "dashes": "-" * _MEGABYTE,
        "rules of 190 dashes": ("-" * 190 + "\n") * (_MEGABYTE // 191),
        "punctuation": any_of("!\"#$%&'()*+,-./:;<=>?@[]^_`{|}~", _MEGABYTE),
        "combining marks": "e" + "\u0301" * (_MEGABYTE // 2),
        "NUL": "\0" * _MEGABYTE,
        "lone surrogates": "\ud800a" * (_MEGABYTE // 4),
        "special tokens": "<|endoftext|>" * (_MEGABYTE // 13),
        "nested JSON": json.dumps(json.dumps(json.dumps([{"a": [1, "b\n"]}] * 9_000)))[:_MEGABYTE],
    }


def _print_loading() -> None:
    """In a process of its own each, as freed memory is not always given back."""
    print(f"\n{'encoding':<20}{'load s':>8}{'MB':>8}{'MB/s':>8}  engine")
    text = "\n".join(_agents_texts(99)[:200])
    context = multiprocessing.get_context("spawn")
    for name in KNOWN_ENCODINGS:
        parent, child = context.Pipe(duplex=False)
        process = context.Process(target=_load, args=(name, text, child))
        process.start()
        if parent.poll(_CHILD_TIMEOUT_S):
            seconds, megabytes, rate, engine = parent.recv()
            print(f"{name:<20}{seconds:>8.2f}{megabytes:>8.0f}{rate:>8.1f}  {engine}")
        process.join(_CHILD_TIMEOUT_S)


def _load(name: str, text: str, answer: Connection) -> None:
    structlog.configure(processors=[_drop])
    encodings = Encodings(packaged_directory())
    source = encodings.source(name)
    before, started = _resident_mb(), time.process_time()
    engine = source.load()
    seconds, megabytes = time.process_time() - started, _resident_mb() - before
    started = time.process_time()
    engine.count(text)
    answer.send((seconds, megabytes, len(text.encode()) / (time.process_time() - started) / _MEGABYTE, engine.name))


def _resident_mb() -> float:
    return float(psutil.Process().memory_info().rss) / _MEGABYTE


if __name__ == "__main__":
    main()
