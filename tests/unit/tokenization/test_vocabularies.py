import hashlib
import os
import shutil
import socket
from base64 import b64encode
from pathlib import Path

import pytest

from a11i_tokenization import vocabularies
from a11i_tokenization.encodings import Encodings
from a11i_tokenization.vocabularies import VocabularyError, build, packaged_directory


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """A directory with copies of the vocabulary files, to damage."""
    for file in packaged_directory().iterdir():
        if len(file.name) == 40:
            shutil.copy(file, tmp_path)
    return tmp_path


@pytest.fixture
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("a connection was made")

    monkeypatch.setattr(socket.socket, "connect", refuse)


@pytest.mark.usefixtures("_no_network")
@pytest.mark.parametrize("encoding", vocabularies.ENCODINGS)
def test_builds_every_encoding_without_a_connection(encoding: str) -> None:
    built = build(encoding, packaged_directory())
    assert built.name == encoding
    assert built.decode(built.encode_ordinary("a span of 12 µs\n")) == "a span of 12 µs\n"


def test_r50k_has_the_ranks_of_the_published_file() -> None:
    # Its published file, of which tiktoken knows the hash, is written here from what was built.
    built = build("r50k_base", packaged_directory())
    lines = [
        b64encode(built.decode_single_token_bytes(rank)) + b" " + str(rank).encode() + b"\n" for rank in range(50_256)
    ]
    assert (
        hashlib.sha256(b"".join(lines)).hexdigest()
        == "306cd27f03c1a714eca7108e03d66b7dc042abe8c258b44c199a7ed9838dd930"
    )


@pytest.mark.usefixtures("_no_network")
def test_a_missing_file_is_named_at_start(copied: Path) -> None:
    min(copied.iterdir(), key=lambda file: file.stat().st_size).unlink()
    with pytest.raises(VocabularyError, match=r"vocabulary of p50k_base cannot be read .*No such file.*reinstall"):
        Encodings(copied)


@pytest.mark.usefixtures("_no_network")
def test_a_damaged_file_is_refused_and_left_in_place(copied: Path) -> None:
    damaged = max(copied.iterdir(), key=lambda file: file.stat().st_size)
    damaged.write_bytes(damaged.read_bytes()[:-100])
    with pytest.raises(VocabularyError, match="o200k_base is damaged"):
        Encodings(copied)
    assert damaged.exists()


def test_the_environment_is_as_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", "/somewhere")
    build("p50k_base", packaged_directory())
    assert os.environ["TIKTOKEN_CACHE_DIR"] == "/somewhere"
    monkeypatch.delenv("TIKTOKEN_CACHE_DIR")
    build("p50k_base", packaged_directory())
    assert "TIKTOKEN_CACHE_DIR" not in os.environ
