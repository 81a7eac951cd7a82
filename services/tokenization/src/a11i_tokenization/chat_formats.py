"""What chat formats add to the texts of messages, for the encodings of the models that use them.

Sources: OpenAI's cookbook, "How to count tokens with tiktoken", part 6, and its description of the harmony format; the
chat formats in Meta's llama-models and Mistral's mistral-common; the templates that Qwen and DeepSeek publish with
their models.
"""

from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from typing import Final


class Speaker(IntEnum):
    """Whose turn a message is."""

    USER = 0
    SYSTEM = 1
    TOOL = 2
    MODEL = 3


@dataclass(frozen=True, slots=True)
class ChatFormat:
    """Tokens that a format adds."""

    messages: tuple[int, int, int, int]
    """To each message, by its Speaker; its role's tokens are not among them."""
    role: bool = True
    """Whether the role's name is written out."""
    name: int = 0
    """To a message with a participant's name, besides the name's tokens."""
    priming: int = 0
    """Once a call: what begins the text, and what begins the answer."""


OPENAI: Final = ChatFormat((3, 3, 3, 3), name=1, priming=3)
_FORMATS: Final = (
    # <|start|>user<|message|>...<|end|> and <|start|>assistant
    ("o200k_harmony", ChatFormat((3, 3, 3, 3), priming=2)),
    # <|begin_of_text|>, <|start_header_id|>user<|end_header_id|>\n\n...<|eot_id|> and the answer's header
    ("llama", ChatFormat((4, 4, 4, 4), priming=5)),
    # <|im_start|>user\n...<|im_end|>\n and <|im_start|>assistant\n
    ("qwen", ChatFormat((4, 4, 4, 4), priming=3)),
    # Not public. That a greeting takes seven tokens beside its text, and instructions none, is from the example in
    # Anthropic's "Token counting"; that each further message takes four, an assumption.
    ("claude", ChatFormat((4, 0, 4, 4), role=False, priming=3)),
    # <|begin_of_sentence|>..., <|User|>..., <|Assistant|>...<|end_of_sentence|> and <|Assistant|>
    ("deepseek", ChatFormat((1, 0, 2, 2), role=False, priming=2)),
    # <s>, [INST] and [/INST] as plain text, two line breaks after the instructions, </s> after an answer
    ("mistral_v1", ChatFormat((7, 2, 2, 1), role=False, priming=1)),
    # The same with tokens for [INST], [/INST] and the like.
    ("mistral", ChatFormat((2, 2, 2, 1), role=False, priming=1)),
    ("tekken", ChatFormat((2, 2, 2, 1), role=False, priming=1)),
)
"""By how the encoding's name begins."""


_KNOWN: Final = frozenset({
    "o200k_base", "cl100k_base", "o200k_harmony", "llama3", "llama4", "qwen2", "qwen3_5", "deepseek_v3", "mistral_v1",
    "mistral_v3", "tekken",
})  # fmt: skip
"""Encodings of which the format is their models' own. An operator's encoding has the format that its name suggests, or
OpenAI's, and what that adds is a guess."""


def is_known(encoding: str) -> bool:
    """Return whether the format of an encoding is that of its models."""
    return encoding in _KNOWN


@lru_cache(maxsize=256)
def chat_format(encoding: str) -> ChatFormat:
    """Return the format of the models of an encoding; OpenAI's for those of which none is known."""
    return next((found for prefix, found in _FORMATS if encoding.startswith(prefix)), OPENAI)
