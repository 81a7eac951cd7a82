import shutil
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from a11i_tokenization.loading import open_tokenizers
from a11i_tokenization.vocabularies import VocabularyError, package_directory


def test_an_operators_tokenizer_counts_for_the_models_that_are_named(tmp_path: Path) -> None:
    shutil.copy(package_directory("mistral_common") / "data" / "tokenizer.model.v1", tmp_path / "ours.model")
    (tmp_path / "models.toml").write_text('[models]\n"our-*" = "ours"\n')
    opened = open_tokenizers(tokenizer_directory=tmp_path)
    found = opened.models.resolve("our-model")
    assert (found.encoding, found.exact) == ("ours", False)  # Nobody said that it is the model's own.
    assert opened.encodings.count("ours", "Hello") == opened.encodings.count("mistral_v1", "Hello")


def test_what_is_of_no_use_is_told_at_start(tmp_path: Path) -> None:
    shutil.copy(package_directory("mistral_common") / "data" / "tokenizer.model.v1", tmp_path / "ours.model")
    (tmp_path / "theirs.JSON").write_text("{}")
    with capture_logs() as logs:
        open_tokenizers(tokenizer_directory=tmp_path)
    told = [line for line in logs if line["log_level"] == "warning"]
    assert told == [
        {
            "event": "tokenizer_files_unused",
            "directory": str(tmp_path),
            "files": ("theirs.JSON",),
            "log_level": "warning",
        },
        {
            "event": "tokenizers_of_no_model",
            "rules": "models.toml",
            "tokenizers": ("ours",),
            "log_level": "warning",
        },
    ]


def test_without_a_directory_there_are_those_built_in() -> None:
    opened = open_tokenizers()
    assert opened.models.resolve("gpt-4o").encoding == "o200k_base"
    assert opened.encodings.count("o200k_base", "Hello") == 1


def test_a_broken_tokenizer_is_told_at_start(tmp_path: Path) -> None:
    (tmp_path / "ours.json").write_text("{")
    with pytest.raises(VocabularyError, match=r"ours\.json:1"):
        open_tokenizers(tokenizer_directory=tmp_path)
