"""Counted against reported, as Markdown: python -m tests.bench.compare_counts [--write docs/tokens.md].

The first table is of requests whose tokens their vendors have published, the second of the recorded corpus. The corpus'
providers are scripted: they report the numbers of their scenario, whatever was said. What can be learnt from it is in
the third table: whether the same call counts the same however it is recorded, and what a recording leaves out.
"""

import argparse
import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import orjson

from a11i_telemetry.batch import SpanBatch
from a11i_telemetry.findings import Findings
from a11i_telemetry.otlp import decode_traces
from a11i_telemetry.otlp_json import parse_traces
from a11i_tokenization.counts import TokenCounter
from a11i_tokenization.encodings import Encodings
from a11i_tokenization.prices import PriceBook
from a11i_tokenization.stage import TokenizeStage
from a11i_tokenization.vocabularies import packaged_directory
from tests.bench.published_counts import PUBLISHED
from tests.unit.tokenization.span_rows import batch_of, llm

_CORPUS: Final = Path(__file__).parents[1] / "corpus"
_DATE: Final = re.compile(r"-(\d{8}|\d{4}-\d\d-\d\d)$")
_FIRST_CALL: Final = 120
"""Tokens that the scenario's first call reports."""
_BEGIN, _END = "<!-- counted against reported: begin -->", "<!-- end -->"

Span = Mapping[str, Any]
Sums = Counter[str]


def main() -> None:
    """Print the tables, or put them into a page."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--write", type=Path, help="put them between the page's marks")
    page = options.parse_args().write
    stage = TokenizeStage(TokenCounter.of(Encodings(packaged_directory()), 1 << 20), PriceBook())
    calls = [span for span in recorded(stage) if span["step_kind"] in ("llm", "embedding", "rerank")]
    text = "\n".join([*published_table(stage), "", *corpus_table(calls), "", *recordings_table(calls)])
    if page is None:
        print(text)
        return
    before, _, rest = page.read_text().partition(_BEGIN)
    after = rest.partition(_END)[2]
    page.write_text(f"{before}{_BEGIN}\n\n{text}\n\n{_END}{after}")


def recorded(stage: TokenizeStage) -> Iterator[Span]:
    """Yield the spans of the corpus as the stage leaves them."""
    for payload in sorted(_CORPUS.glob("*/*/payload.jsonl")):
        for document in map(json.loads, payload.read_text().splitlines()):
            if document["signal"] == "traces":
                request = parse_traces(orjson.dumps(document["request"]), Findings()).SerializeToString()
                batch = SpanBatch("0" * 32, "tenant", "project", 0, decode_traces(request).columns)
                yield from stage(batch).columns.to_pylist(maps_as_pydicts="strict")


def published_table(stage: TokenizeStage) -> Iterator[str]:
    """Yield the rows of what vendors have published."""
    yield "| request, and who says so | model | reported | counted | off | |"
    yield "|---|---|---|---|---|---|"
    for one in PUBLISHED:
        span = llm(
            provider=one.provider,
            request_model=one.model,
            input_messages=json.dumps(one.messages),
            system_instructions=json.dumps(one.system) if one.system else "",
            tool_definitions=json.dumps(one.tools) if one.tools else "",
        )
        [row] = stage(batch_of(span)).columns.to_pylist(maps_as_pydicts="strict")
        counted = row["counted_input_tokens"]
        yield (
            f"| {one.what} | {one.model} | {one.reported:,} | {counted:,} | {_off(one.reported, counted)} "
            f"| {row['counted_source']}, `{row['tokenizer']}` |"
        )


def corpus_table(calls: Iterable[Span]) -> Iterator[str]:
    """Yield the rows of the corpus by family of models."""
    sums: defaultdict[tuple[str, str, str], Sums] = defaultdict(Counter)
    for call in calls:
        model = _DATE.sub("", call["response_model"] or call["request_model"])
        if model:
            of_model = sums[model, call["tokenizer"], call["counted_source"]]
            of_model["calls"] += 1
            for side in ("input", "output"):
                reported, counted = call[f"{side}_tokens"], call[f"counted_{side}_tokens"]
                if call[f"{side}_source"] == "reported" and counted is not None:
                    of_model[f"{side}_reported"] += reported
                    of_model[f"{side}_counted"] += counted
    yield "| model | calls | in reported | counted | off | out reported | counted | off | |"
    yield "|---|---|---|---|---|---|---|---|---|"
    for (model, tokenizer, source), found in sorted(sums.items(), key=lambda item: (item[0][0], -item[1]["calls"])):
        how = f"{source}, `{tokenizer}`" if tokenizer else "no text in its spans"
        sides = (_side(found, side) for side in ("input", "output"))
        yield f"| {model} | {found['calls']} | {' | '.join(sides)} | {how} |"


def recordings_table(calls: Iterable[Span]) -> Iterator[str]:
    """Yield the rows of the scenario's first call, by what its recordings hold of it."""
    found: defaultdict[str, Sums] = defaultdict(Counter)
    for call in calls:
        if call["input_source"] == "reported" and call["input_tokens"] == _FIRST_CALL and call["tokenizer"]:
            found[call["tokenizer"]][json.dumps([call["counted_input_tokens"], call["part_tokens"]])] += 1
    yield "| tokenizer | recordings | counted | parts |"
    yield "|---|---|---|---|"
    for tokenizer, kinds in sorted(found.items()):
        for kind, number in kinds.most_common():
            counted, parts = json.loads(kind)
            told = ", ".join(f"{name.replace('_', ' ')} {tokens}" for name, tokens in parts.items() if tokens)
            yield f"| `{tokenizer}` | {number} | {counted} | {told} |"


def _side(found: Sums, side: str) -> str:
    reported, counted = found[f"{side}_reported"], found[f"{side}_counted"]
    return f"{reported:,} | {counted:,} | {_off(reported, counted)}" if reported else " | | "


def _off(reported: int, counted: int) -> str:
    return "same" if reported == counted else f"{100 * (counted - reported) / reported:+.1f}%"


if __name__ == "__main__":
    main()
