"""Which models have which tokenizer: the one table of it.

What is said of open models is from their published files, of OpenAI's from tiktoken's table, of Mistral's from
mistral-common's.
"""

import re
from dataclasses import dataclass
from typing import Final

from tiktoken.model import encoding_name_for_model


@dataclass(frozen=True, slots=True)
class Family:
    """Models that are counted alike."""

    pattern: str
    """A regular expression for how the lower-case name begins, any vendor's prefix (`meta.`) taken off."""
    encoding: str
    exact: bool
    """True if `encoding` is these models' own; False if it stands in."""
    why: str
    """The same in a sentence for people."""
    derived: bool = False
    """True if the pattern may also stand after a dash, as in names of models that others trained further."""


_NOT_PUBLIC: Final = "Its tokenizer is not public; a vocabulary of about its size stands in."
_NOT_SAID: Final = "Which of its vendor's tokenizers this name has now is not said; the newest stands in."

FAMILIES: Final = (
    # Distilled models have their student's tokenizer, and must be found before their teacher.
    Family(r"deepseek-r1-distill-llama", "llama3", True, "Distilled into Llama 3.", derived=True),
    Family(r"deepseek-r1-(distill|0528)-qwen", "qwen2", True, "Distilled into Qwen.", derived=True),
    # Ollama's names have just the size; R1 itself has 671 billion weights, and of 8 there are two.
    Family(r"deepseek-r1[:-](1[.]5|7|14|32)b", "qwen2", True, "Distilled into Qwen."),
    Family(r"deepseek-r1[:-]70b", "llama3", True, "Distilled into Llama 3."),
    Family(r"deepseek-r1[:-]8b", "qwen2", False, "Distilled into Llama 3, the newer one into Qwen, which stands in."),
    # OpenAI. What tiktoken's table (0.14) leaves out or knows only with a suffix; its own follow after all of these.
    Family(r"gpt-oss(?!\w)", "o200k_harmony", True, "OpenAI's open models."),
    Family(
        r"((chat)?gpt-4o|gpt-(5|4\.1|4\.5|realtime|audio)|o[134]|codex-mini|computer-use-preview)(?!\w)",
        *("o200k_base", True, "OpenAI's since GPT-4o."),
    ),
    Family(r"text-embedding-3(?!\w)", "cl100k_base", True, "OpenAI's third embeddings."),
    Family(r"phi-4(-reasoning|-14b|-q|:|$)", "cl100k_base", True, "Microsoft's Phi-4 has OpenAI's cl100k."),
    # Anthropic
    Family(r"claude", "claude2", False, "Anthropic's last public vocabulary, of Claude 2, stands in for later ones."),
    # Meta
    Family(r"(meta-)?llama-?4", "llama4", True, "Meta's Llama 4.", derived=True),
    Family(r"(meta-)?llama-?v?3", "llama3", True, "Meta's Llama 3.", derived=True),
    Family(
        r"(code)?llama(-?v?2)?(?!\w)",
        *("mistral_v1", False, "Llama 2's is in no package; Mistral's first, of its size, stands in."),
        derived=True,
    ),
    # Mistral
    Family(
        r"mixtral-8x22b|(open-)?mistral-7b(-instruct)?-v0[.:]3|open-mistral-7b|mathstral|codestral-(22b|2405|mamba)"
        r"|(mistral|pixtral)-large-24\d\d|mistral-small-2402|mistral-tiny-2407",
        *("mistral_v3", True, "Mistral's of 2024, before tekken."),
        derived=True,
    ),
    Family(
        r"mixtral-8x7b|mistral-7b(-instruct)?(-v0[.:][12])?(?![\w.])|mistral-(tiny|small|medium)-2312",
        *("mistral_v1", True, "Mistral's first."),
        derived=True,
    ),
    Family(
        r"mistral-nemo|pixtral-12b|ministral-\db-(24|instruct)|mistral-small-(24b|3|2409|25)"
        r"|(devstral|magistral|voxtral)-(small|mini)|mistral-large-(3|25)",
        *("tekken", True, "Mistral's tekken."),
        derived=True,
    ),
    Family(r"(mis|mix|minis|codes|devs|magis|vox|pix)tral", "tekken", False, _NOT_SAID, derived=True),
    # DeepSeek
    Family(
        r"deepseek-(chat|reasoner|v3|r1|v4(?![.p]\d))(?![a-oq-z])|(r1|v3)-v\d",
        *("deepseek_v3", True, "DeepSeek's V3, R1 and V4."),
    ),
    Family(r"deepseek", "deepseek_v3", False, "Another DeepSeek; V3's stands in.", derived=True),
    # Alibaba
    Family(r"qwen-?3[.p][56](?!\d)", "qwen3_5", True, "Alibaba's Qwen 3.5 and 3.6.", derived=True),
    Family(
        r"qwen-?(1[.p]5|2|2[.p]5|3)(?![\d.]|p\d)|qwen-\d+b|(qwq|qvq)(?!\w)",
        *("qwen2", True, "Alibaba's Qwen 1 to 3."),
        derived=True,
    ),
    Family(r"qwen", "qwen3_5", False, _NOT_SAID, derived=True),
    # Others
    Family(
        r"(code|pali|med|shield|recurrent|t5|embedding)?gemma",
        *("o200k_base", False, "Gemma's vocabulary is in no Python package; one of about its size stands in."),
        derived=True,
    ),
    Family(
        r"gemini|grok|command|nova-|titan-|jamba|kimi|moonshot|glm-|minimax|granite|phi-|sonar|hunyuan|ernie|doubao|yi-",
        *("o200k_base", False, _NOT_PUBLIC),
    ),
)
"""The first that holds wins."""

_COMPILED: Final = tuple(
    (re.compile(rf"(?:^|.*[./{'_-' if family.derived else ''}])(?:{family.pattern})"), family) for family in FAMILIES
)


def family_of(name: str) -> Family | None:
    """Return the family of a model's lower-case name, or None."""
    for pattern, family in _COMPILED:
        if pattern.match(name):
            return family
    try:
        return Family(name, encoding_name_for_model(name), exact=True, why="OpenAI's, by tiktoken's table of models.")
    except KeyError:
        return None
