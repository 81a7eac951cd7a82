"""The local Kafka: its configuration, and jars that are what the list says or not there."""

import hashlib
import re
from pathlib import Path

import pytest

from a11i_local.engines import kafka_jars
from a11i_local.engines.kafka import KafkaConfig, command, format_command, properties_text, url
from a11i_local.engines.kafka_jars import listed
from a11i_local.errors import SetupError

SECRET = "sec" + "ret-1"


@pytest.fixture
def config(tmp_path: Path) -> KafkaConfig:
    return KafkaConfig(9092, 9093, tmp_path, "a11i", SECRET)


def test_the_server_listens_on_this_machine_alone_and_asks_for_a_password(config: KafkaConfig) -> None:
    settings = dict(line.partition("=")[::2] for line in properties_text(config).splitlines())
    assert settings["listeners"] == "CLIENT://127.0.0.1:9092,CONTROLLER://127.0.0.1:9093"
    assert set(re.findall(r":(SASL_PLAINTEXT|PLAINTEXT)", settings["listener.security.protocol.map"])) == {
        "SASL_PLAINTEXT"
    }
    assert f'user_a11i="{SECRET}"' in settings["listener.name.client.plain.sasl.jaas.config"]


def test_no_command_line_holds_the_password_and_memory_is_bounded(config: KafkaConfig) -> None:
    for line in (command("java", Path("jars"), config), format_command("java", Path("jars"), config)):
        assert "-Xmx512m" in line
        assert SECRET not in " ".join(line)


def test_the_url_holds_the_credentials(config: KafkaConfig) -> None:
    assert url(config) == f"kafka://a11i:{SECRET}@127.0.0.1:9092"


def test_a_password_that_would_end_its_quotation_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="letters, digits"):
        properties_text(KafkaConfig(1, 2, tmp_path, "a11i", 'x" user_other="y'))


def test_each_jar_has_a_version_and_a_hash_and_the_broker_is_among_them() -> None:
    jars = listed()
    assert len({jar.file_name for jar in jars}) == len(jars) > 40
    assert all(re.fullmatch(r"[0-9a-f]{64}", jar.sha256) and re.match(r"v?\d", jar.version) for jar in jars)
    assert {"kafka_2.13", "kafka-clients", "log4j-slf4j-impl"} <= {jar.artifact for jar in jars}


class Registry:
    """Stands in for the Maven client: writes the same content as every jar."""

    content = b"a jar"

    def __init__(self) -> None:
        self.asked: list[str] = []

    def download(self, jar: kafka_jars.Jar, path: Path) -> None:
        self.asked.append(jar.artifact)
        path.write_bytes(self.content)


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Registry:
    registry = Registry()
    right = hashlib.sha256(Registry.content).hexdigest()
    jars = tmp_path / "jars.txt"
    jars.write_text(f"# comment\norg.one:one:1.0 sha256:{right}\norg.two:two:2.0 sha256:{right}\n")
    monkeypatch.setattr(kafka_jars, "LIST", jars)
    monkeypatch.setattr(kafka_jars, "_download", registry.download)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return registry


def test_jars_are_fetched_once_and_again_when_one_was_damaged(registry: Registry) -> None:
    directory = kafka_jars.fetch()
    assert {path.name for path in directory.iterdir()} == {"one-1.0.jar", "two-2.0.jar"}
    assert sorted(registry.asked) == ["one", "two"]
    kafka_jars.fetch()
    assert len(registry.asked) == 2
    (directory / "two-2.0.jar").write_bytes(b"damaged")
    kafka_jars.fetch()
    assert registry.asked[2:] == ["two"]
    assert (directory / "two-2.0.jar").read_bytes() == Registry.content


def test_a_jar_of_another_hash_is_refused_and_not_kept(registry: Registry) -> None:
    registry.content = b"another jar"
    with pytest.raises(SetupError, match="its hash differs"):
        kafka_jars.fetch()
    assert list(kafka_jars.directory().iterdir()) == []


def test_a_java_that_is_missing_or_too_old_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(SetupError, match="needs Java 17 or later, and none was found"):
        kafka_jars.java()
    old = tmp_path / "bin" / "java"
    old.write_text("#!/bin/sh\necho 'openjdk version \"11.0.2\" 2019-01-15' >&2\n")
    old.chmod(0o755)
    with pytest.raises(SetupError, match=r"needs Java 17 or later.*11\.0\.2"):
        kafka_jars.java()
