"""What chat formats add to the texts of messages, for the encodings of the models that use them.

Sources: OpenAI's cookbook, "How to count tokens with tiktoken", part 6, and its description of the harmony format; the
chat templates that Meta, Mistral, Qwen and DeepSeek publish with their models.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final


@dataclass(frozen=True, slots=True)
class ChatFormat:
    """Tokens that a format adds."""

    message: int
    """To each message, its role's tokens not among them."""
    role: bool = True
    """Whether the role's name is written out."""
    name: int = 0
    """To a message with a participant's name, besides the name's tokens."""
    priming: int = 0
    """Once a call: what begins the text, and what begins the answer."""


OPENAI: Final = ChatFormat(message=3, name=1, priming=3)
_FORMATS: Final = (
    ("o200k_harmony", ChatFormat(message=3, priming=2)),  # <|start|> role <|message|> ... <|end|>; <|start|>assistant
    ("llama", ChatFormat(message=4, priming=5)),  # <|start_header_id|> role <|end_header_id|> \n\n ... <|eot_id|>
    ("qwen", ChatFormat(message=4, priming=3)),  # <|im_start|> role \n ... <|im_end|> \n
    ("deepseek", ChatFormat(message=1, role=False, priming=2)),  # <|User|> ...; <|Assistant|> ... <|end of sentence|>
    ("mistral", ChatFormat(message=2, role=False, priming=1)),  # <s> [INST] ... [/INST]
    ("tekken", ChatFormat(message=2, role=False, priming=1)),
)
"""By how the encoding's name begins."""


@lru_cache(maxsize=256)
def chat_format(encoding: str) -> ChatFormat:
    """Return the format of the models of an encoding; OpenAI's for those of which none is known."""
    return next((found for prefix, found in _FORMATS if encoding.startswith(prefix)), OPENAI)
