"""The table of models inside the litellm wheel: context windows, and prices for what genai-prices lacks.

Only litellm's data file is used: it is located, never imported.
"""

import importlib.metadata
import importlib.util
import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, Final

FILE: Final = "model_prices_and_context_window_backup.json"

SEARCH_FEES: Final = "search_context_cost_per_query"
"""A member with the fee of a search, or of a request, by how much of the web it looks at."""

Entry = Mapping[str, Any]
"""What the table says of a model: its numbers, SEARCH_FEES' among them, fractions as Decimal, and its `mode` and
`litellm_provider`."""


class ModelTableError(OSError):
    """The table is missing or damaged; the message says what to do."""


@dataclass(frozen=True, slots=True)
class ModelTable:
    """What litellm knows of models."""

    version: str
    """The package and its version, such as "litellm 1.0.0"."""
    models: Mapping[str, Entry]
    """By the names that litellm gives them, in lower case; many have a prefix, such as `azure/gpt-4o`."""


@cache
def model_table() -> ModelTable:
    """Return the table of the installed litellm, read once. Raises ModelTableError."""
    spec = importlib.util.find_spec("litellm")
    if spec is None or not spec.submodule_search_locations:
        raise ModelTableError("litellm, which carries the table of models, is not installed; install the lock file")
    path = Path(spec.submodule_search_locations[0]) / FILE
    return read_table(path, f"litellm {importlib.metadata.version('litellm')}")


def read_table(path: Path, version: str) -> ModelTable:
    """Return the table in a file. Raises ModelTableError."""
    try:
        raw = json.loads(path.read_bytes(), parse_float=Decimal)
    except (OSError, ValueError) as error:
        raise ModelTableError(f"the table of models cannot be read ({path}); reinstall litellm") from error
    if not isinstance(raw, dict):
        raise ModelTableError(f"the table of models is damaged ({path}); reinstall litellm")
    return ModelTable(version, {name.lower(): _entry(said) for name, said in raw.items() if _is_model(said)})


def _is_model(said: Any) -> bool:
    """Return whether an entry is one: the table also holds an example, and prices of evaluations."""
    return isinstance(said, dict) and isinstance(said.get("litellm_provider"), str) and said.get("mode") in _MODES


_MODES: Final = frozenset(
    {"chat", "completion", "responses", "realtime", "embedding", "rerank", "moderation", "image_generation"}
    | {"image_edit", "audio_transcription", "audio_speech", "video_generation", "ocr"}
)


def _entry(said: Mapping[str, Any]) -> Entry:
    """Return what is used of an entry: a tenth of the memory of all."""
    fees = said.get(SEARCH_FEES)
    both = {**said, **(fees if isinstance(fees, dict) else {})}
    numbers = {key: value for key, value in both.items() if type(value) in (int, Decimal)}
    return {**numbers, "mode": said["mode"], "litellm_provider": said["litellm_provider"]}
