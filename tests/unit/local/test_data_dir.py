"""The data directory belongs to one mesh and one user, and keeps what a restart needs."""

from __future__ import annotations

import json
import os
import stat
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from a11i_local.credentials import load_or_create
from a11i_local.data_dir import DataDir
from a11i_local.errors import SetupError
from a11i_local.mesh_files import StateFile, read_mesh_env, write_mesh_env
from a11i_local.supervisor import Change, ProcessEvent
from tests.unit.local.children import SERVES, python


@pytest.fixture
def data(tmp_path: Path) -> Iterator[DataDir]:
    with closing(DataDir.open(tmp_path / "deep" / "mesh")) as data:
        yield data


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_only_its_owner_may_look_inside(data: DataDir) -> None:
    load_or_create(data)
    write_mesh_env(data, {"A11I_API_KEY": "k"})

    assert mode(data.path) == 0o700
    assert {mode(path) for path in data.path.iterdir() if path.is_file()} == {0o600}


def test_a_second_mesh_is_refused_until_the_first_is_gone(data: DataDir) -> None:
    with pytest.raises(SetupError, match=f"another mesh runs on {data.path}"):
        DataDir.open(data.path)
    data.close()
    DataDir.open(data.path).close()


def test_a_directory_that_cannot_be_made_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(SetupError, match=r"can't be written \(Not a directory\): choose another with A11I_DATA_DIR"):
        DataDir.open(tmp_path / "file" / "mesh")


def test_a_file_is_no_data_directory(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(SetupError, match=r"file is a file, not a directory"):
        DataDir.open(tmp_path / "file")


def test_a_directory_of_somebody_elses_files_is_refused_and_left_alone(tmp_path: Path) -> None:
    tmp_path.chmod(0o777)
    (tmp_path / "lock").write_text("")
    (tmp_path / "notes.txt").write_text("")

    with pytest.raises(SetupError, match=r"holds other files than a mesh's"):
        DataDir.open(tmp_path)
    assert mode(tmp_path) == 0o777
    assert {path.name for path in tmp_path.iterdir()} == {"lock", "notes.txt"}


def test_an_empty_directory_keeps_its_mode_and_may_be_opened_again(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    for _ in range(2):
        DataDir.open(tmp_path).close()

    assert mode(tmp_path) == 0o755
    assert mode(tmp_path / "logs") == 0o700


def test_a_meshs_directory_is_known_again(data: DataDir) -> None:
    load_or_create(data)
    (data.path / "postgres").mkdir()
    data.close()

    DataDir.open(data.path).close()


def test_credentials_are_made_once(data: DataDir) -> None:
    first = load_or_create(data)
    assert load_or_create(data) == first
    values = [getattr(first, name) for name in first.__slots__]
    assert len(set(values)) == len(values)
    assert "password" not in repr(first)


def test_a_credential_that_is_new_is_added_and_the_others_stay(data: DataDir) -> None:
    first = load_or_create(data)
    kept = json.loads((data.path / "secrets.json").read_text())
    del kept["pseudonym_key"]
    data.write_json("secrets.json", kept)

    again = load_or_create(data)
    assert again.pseudonym_key
    assert again.pseudonym_key != first.pseudonym_key
    assert again.nats_password == first.nats_password


def test_a_file_that_is_damaged_is_an_error_that_names_it(data: DataDir) -> None:
    (data.path / "secrets.json").write_text("{")

    with pytest.raises(SetupError, match=r"secrets\.json can't be read"):
        load_or_create(data)


def test_mesh_env_is_read_by_a_shell_as_it_was_written(data: DataDir) -> None:
    variables = {"A11I_QUERY": "127.0.0.1:1", "A11I_API_KEY": 'it\'s $HOME `x` "y" #z'}
    write_mesh_env(data, variables)

    assert read_mesh_env(data.mesh_env) == variables
    shell = ["/bin/sh", "-c", f". {data.mesh_env}; env"]
    output = subprocess.run(shell, env={}, capture_output=True, text=True, check=True).stdout
    assert f"A11I_API_KEY={variables['A11I_API_KEY']}" in output.splitlines()


def test_state_json_follows_what_happens(data: DataDir) -> None:
    state = StateFile(data)
    spec = python(data.path, "query", SERVES)
    state.expect(spec)
    state.note(ProcessEvent("query", Change.READY, 41, Path("q.log")))
    state.mark_ready()
    content = json.loads(data.state.read_text())
    assert content["ready"] is True
    assert content["supervisor"] == os.getpid()
    assert content["processes"]["query"] == {
        "pid": 41, "address": "", "change": "ready", "restarts": 0, "log": "q.log",
    }  # fmt: skip

    state.note(ProcessEvent("query", Change.DIED, 41, Path("q.log"), "exit code 1", restarts=0))
    assert json.loads(data.state.read_text())["processes"]["query"]["pid"] is None
    state.remove()
    assert not data.state.exists()
