import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from tokenizers import AddedToken
from tokenizers import Tokenizer as Tokenizers
from tokenizers.models import BPE
from tokenizers.pre_tokenizers import ByteLevel
from tokenizers.trainers import BpeTrainer

from a11i_tokenization.cache import Count
from a11i_tokenization.encodings import KNOWN_ENCODINGS, Encodings
from a11i_tokenization.models import ESTIMATE, Models, Tokenizer
from a11i_tokenization.operator_tokenizers import read
from a11i_tokenization.prompts import CallInput, PromptCounter
from a11i_tokenization.vocabularies import VocabularyError, package_directory, packaged_directory

WORDS: dict[str, Any] = {
    "version": "1.0",
    "added_tokens": [{"id": 3, "content": "<eos>", "special": True, "single_word": False, "lstrip": False,
                      "rstrip": False, "normalized": False}],
    "pre_tokenizer": {"type": "Whitespace"},
    "post_processor": {"type": "BertProcessing", "sep": ["<eos>", 3], "cls": ["<eos>", 3]},
    "model": {"type": "WordLevel", "vocab": {"the": 0, "agent": 1, "?": 2, "<eos>": 3}, "unk_token": "?"},
}  # fmt: skip
"""A tokenizer of whole words, in Hugging Face's format."""


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    (tmp_path / "acme.json").write_text(json.dumps(WORDS))
    shutil.copy(package_directory("mistral_common") / "data" / "tokenizer.model.v1", tmp_path / "pieces.model")
    (tmp_path / "README.txt").write_text("What lies beside is nobody's business.")
    return tmp_path


def test_what_is_dropped_there_counts(directory: Path) -> None:
    found = read(directory, KNOWN_ENCODINGS)
    encodings = Encodings(packaged_directory(), found.sources)
    assert encodings.count("acme", "the agent of <eos>") == 6
    assert encodings.count_all("pieces", ["Hello world", ""]) == encodings.count_all("mistral_v1", ["Hello world", ""])
    listed = {info.name: info for info in encodings.list_encodings()}
    assert (listed["acme"].exact, listed["acme"].package, listed["acme"].engine) == (True, "", "tokenizers")
    assert "acme.json" in listed["acme"].description


def test_added_tokens_count_but_for_special_ones(tmp_path: Path) -> None:
    """GPT-NeoX and Phi add runs of spaces to their byte pairs, which are no special tokens."""
    trained = Tokenizers(BPE())
    trained.pre_tokenizer = ByteLevel(add_prefix_space=False)
    texts = ["def f(x):\n    return x\n" * 50]
    trained.train_from_iterator(texts, BpeTrainer(vocab_size=300, initial_alphabet=ByteLevel.alphabet()))
    trained.add_tokens([AddedToken(" " * run, normalized=True, special=False) for run in range(24, 1, -1)])
    text = "def f(x):\n        if x:\n                return x\n" * 3
    tokens = len(trained.encode(text).ids)
    trained.add_special_tokens([AddedToken("return", special=True), AddedToken("<eos>", special=True)])
    (tmp_path / "acme.json").write_text(trained.to_str())
    encodings = Encodings(packaged_directory(), read(tmp_path, KNOWN_ENCODINGS).sources)
    assert encodings.count("acme", text) == tokens
    assert encodings.count("acme", "<eos>") == len("<eos>")


@pytest.mark.parametrize("name", ["acme", "llama-acme"])
def test_a_chat_in_a_format_that_nobody_said_is_an_estimate_and_plain_text_is_none(directory: Path, name: str) -> None:
    (directory / "acme.json").rename(directory / f"{name}.json")
    counter = PromptCounter(Encodings(packaged_directory(), read(directory, KNOWN_ENCODINGS).sources), 1 << 20)
    messages = '[{"role":"user","content":"the agent"}]'
    assert counter.count_texts(name, messages).total == Count(2, exact=True)
    assert not counter.count_chat(name, CallInput(messages)).total.exact
    assert counter.count_chat("llama3", CallInput(messages), "meta-llama-3-8b-instruct").total.exact


def test_its_rules_come_before_those_built_in(directory: Path) -> None:
    (directory / "models.toml").write_text(
        '[models]\n"acme-*" = { tokenizer = "acme", exact = true }\n"Claude-*" = "cl100k_base"\n'
        '"gpt-4o-[xy]?" = { tokenizer = "pieces", exact = false }\n'
    )
    models = Models(read(directory, KNOWN_ENCODINGS).rules)
    assert models.resolve("ACME-large") == Tokenizer("acme", exact=True)
    assert models.resolve("gateway/acme-small-2025-01-01") == Tokenizer("acme", exact=True)
    assert models.resolve("gpt-4o-x1") == Tokenizer("pieces", exact=False)
    assert models.resolve("gpt-4o-z1") == Tokenizer("o200k_base", exact=True)
    assert models.resolve("claude-3") == Tokenizer("cl100k_base", exact=False), "exact only if said"
    assert "models.toml" in models.resolve("acme-1").why
    assert models.resolve("acme") is ESTIMATE


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('[models]\n\n"acme-[ab" = "acme"\n', r"models\.toml:3: .*\[ without"),
        ('[models]\n"a*" = "acme"\n"b*" = "akme"\n', r"models\.toml:3: there is no tokenizer 'akme'; there are acme, "),
        ('[models]\n"a*" = 3\n', r"models\.toml:2: write"),
        ('[models]\n"a*" = { tokenizer = "acme", exakt = true }\n', r"models\.toml:2: write"),
        ('[models]\n"a*" = { tokenizer = "acme", exact = 1 }\n', r"models\.toml:2: exact is"),
        ('[models]\n"" = "acme"\n', r"models\.toml:\d: a pattern has 1 to"),
        ('[models]\n"a*" = \n', r"models\.toml: .*line 2"),
        ('models = "acme"\n', r"models\.toml:1: \[models\] is a table"),
        ('# model\n[model]\n"a*" = "acme"\n', r"models\.toml:2: 'model' is nothing here"),
        ('\n"acme-*" = "acme"\n', r"models\.toml:2: 'acme-\*' is nothing here"),
        ('[models]\n"a*" = "acme"\n[defaults]\nexact = true\n', r"models\.toml:3: 'defaults' is nothing here"),
    ],
)
def test_a_rule_that_does_not_parse_is_refused_with_its_line(directory: Path, content: str, message: str) -> None:
    (directory / "models.toml").write_text(content)
    with pytest.raises(VocabularyError, match=message):
        read(directory, KNOWN_ENCODINGS)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("broken.json", b'{"model":\n\n oops}', r"broken\.json:3: not JSON"),
        ("broken.json", b'{"model": {"type": "Nothing"}}', r"broken\.json:1: not a tokenizer\.json"),
        ("broken.json", b'{"added_tokens": [3], "model": {}}', r"broken\.json:1: not a tokenizer\.json"),
        ("broken.json", b'{"added_tokens": {"a": 3}, "model": {}}', r"broken\.json:1: not a tokenizer\.json"),
        ("broken.json", b"[]", r"broken\.json:1: not a tokenizer\.json"),
        ("broken.json", b"\xff", r"broken\.json:1: not a tokenizer\.json"),
        ("broken.model", b"nothing", r"broken\.model is not a SentencePiece model"),
        ("o200k_base.json", b"", r"o200k_base\.json: an encoding of the name 'o200k_base' is there already"),
        ("acme.model", b"", r"acme\.model: an encoding of the name 'acme' is there already"),
        ("a b.json", b"", r"a b\.json: a tokenizer's name"),
    ],
)
def test_a_broken_tokenizer_is_refused_with_its_file(directory: Path, name: str, content: bytes, message: str) -> None:
    (directory / name).write_bytes(content)
    with pytest.raises(VocabularyError, match=message):
        read(directory, KNOWN_ENCODINGS)


@pytest.mark.parametrize("name", ["model.toml", "Models.toml", "models.TOML"])
def test_a_file_of_rules_that_nothing_reads_is_refused(directory: Path, name: str) -> None:
    (directory / name).write_text('[models]\n"acme-*" = "acme"\n')
    with pytest.raises(VocabularyError, match=rf"{re.escape(name)}: rules are read from models\.toml alone"):
        read(directory, KNOWN_ENCODINGS)


def test_what_nothing_reads_and_what_no_model_has_is_told(directory: Path) -> None:
    (directory / "models.toml").write_text('[models]\n"acme-*" = "acme"\n')
    (directory / "other.JSON").write_text(json.dumps(WORDS))
    (directory / "third").mkdir()
    (directory / "third" / "tokenizer.json").write_text(json.dumps(WORDS))
    (directory / "..data").mkdir()
    found = read(directory, KNOWN_ENCODINGS)
    assert found.unused == ("README.txt", "other.JSON", "third")
    assert found.unasked == ("pieces",)


def test_a_tokenizer_that_fails_on_text_is_refused(directory: Path) -> None:
    (directory / "fails.json").write_text(json.dumps(WORDS | {"model": WORDS["model"] | {"unk_token": "absent"}}))
    with pytest.raises(VocabularyError, match=r"fails\.json:1: the tokenizer fails on a text"):
        read(directory, KNOWN_ENCODINGS)


def test_a_directory_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(VocabularyError, match=re.escape(str(tmp_path / "absent"))):
        read(tmp_path / "absent", KNOWN_ENCODINGS)


def test_an_empty_directory_adds_nothing(tmp_path: Path) -> None:
    found = read(tmp_path, KNOWN_ENCODINGS)
    assert (found.sources, found.rules) == ((), ())
