"""The configuration of the embedded NATS server."""

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from a11i_local.engines.nats import NatsConfig, command, config_text, url

CONFIG = NatsConfig(
    port=4222, store_dir=Path("/data dir/nats"), user="a11i", password="p@ss/word:1", encryption_key="key" * 12
)


def test_the_server_takes_the_configuration(tmp_path: Path) -> None:
    file = tmp_path / "nats.conf"
    file.write_text(config_text(replace(CONFIG, log_file=tmp_path / "nats.log")))
    checked = subprocess.run([*command(file), "-t"], capture_output=True, text=True, timeout=30, check=False)
    assert checked.returncode == 0, checked.stderr


def test_messages_are_synced_encrypted_and_served_on_loopback_alone() -> None:
    text = config_text(CONFIG)
    assert 'listen: "127.0.0.1:4222"' in text
    assert "sync_interval: always" in text
    assert 'cipher: "aes"' in text


def test_the_url_quotes_credentials() -> None:
    assert url(CONFIG) == "nats://a11i:p%40ss%2Fword%3A1@127.0.0.1:4222"


@pytest.mark.parametrize("password", ['with"quote', "with\\backslash", "with\nline"])
def test_a_value_that_would_break_out_of_its_quotes_is_refused(password: str) -> None:
    with pytest.raises(ValueError, match="printable"):
        config_text(replace(CONFIG, password=password))
