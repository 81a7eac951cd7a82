"""Apache Kafka as one local server in KRaft mode: its configuration and command lines. Others run it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import quote

CLUSTER_ID: Final = "YTExaS1sb2NhbC1rYWZrYQ"
"""Any 16 bytes in URL-safe base64: a single server belongs to no other cluster."""
HEAP: Final = "-Xmx512m"
CONTROLLER_PORT: Final = "kafka_controller"
"""Name of the port of the server's own controller, among a mesh's ports."""

_LOGGING: Final = """\
status = error
rootLogger.level = warn
rootLogger.appenderRef.out.ref = out
appender.out.type = Console
appender.out.name = out
appender.out.layout.type = PatternLayout
appender.out.layout.pattern = %d{ISO8601} %p %m (%c)%n
"""


@dataclass(frozen=True, slots=True)
class KafkaConfig:
    """What a local Kafka server needs to know."""

    port: int
    """TCP port on 127.0.0.1 for clients."""
    controller_port: int
    """TCP port on 127.0.0.1 for the server's own controller."""
    directory: Path
    """Directory for its files; must exist."""
    user: str
    password: str

    @property
    def properties_file(self) -> Path:
        """The server's configuration. It holds the password: write it with mode 0600."""
        return self.directory / "server.properties"

    @property
    def logging_file(self) -> Path:
        """The configuration of the server's log, which goes to standard output."""
        return self.directory / "log4j2.properties"

    @property
    def data_dir(self) -> Path:
        """Where the messages are."""
        return self.directory / "data"


def properties_text(config: KafkaConfig) -> str:
    """Return the server's configuration file. https://kafka.apache.org/documentation/#brokerconfigs"""
    login = (
        "org.apache.kafka.common.security.plain.PlainLoginModule required "
        f'username="{_safe(config.user)}" password="{_safe(config.password)}" '
        f'user_{_safe(config.user)}="{_safe(config.password)}";'
    )
    settings = {
        "process.roles": "broker,controller",
        "node.id": "1",
        "controller.quorum.voters": f"1@127.0.0.1:{config.controller_port}",
        "listeners": f"CLIENT://127.0.0.1:{config.port},CONTROLLER://127.0.0.1:{config.controller_port}",
        "advertised.listeners": f"CLIENT://127.0.0.1:{config.port}",
        "listener.security.protocol.map": "CLIENT:SASL_PLAINTEXT,CONTROLLER:SASL_PLAINTEXT",
        "controller.listener.names": "CONTROLLER",
        "inter.broker.listener.name": "CLIENT",
        "sasl.enabled.mechanisms": "PLAIN",
        "sasl.mechanism.inter.broker.protocol": "PLAIN",
        "sasl.mechanism.controller.protocol": "PLAIN",
        "listener.name.client.plain.sasl.jaas.config": login,
        "listener.name.controller.plain.sasl.jaas.config": login,
        "log.dirs": str(config.data_dir),
        # One server: what Kafka keeps for itself has one replica.
        "offsets.topic.replication.factor": "1",
        "offsets.topic.num.partitions": "4",
        "transaction.state.log.replication.factor": "1",
        "transaction.state.log.min.isr": "1",
        "auto.create.topics.enable": "false",
        # A member that joins need not wait for others: a mesh on one machine has one of each.
        "group.initial.rebalance.delay.ms": "0",
        # After a sudden death the server waits for its own last session to end before it takes up again.
        "broker.session.timeout.ms": "1500",
        "broker.heartbeat.interval.ms": "300",
        # Settled batches may hold raw text: they are taken off the disk soon, not after five minutes.
        "log.retention.check.interval.ms": "10000",
        # The indexes of a partition that is hardly written to need not take 10 MB each in advance.
        "log.index.size.max.bytes": "1048576",
        "log.cleaner.dedupe.buffer.size": "16777216",
    }
    return "".join(f"{name}={value}\n" for name, value in settings.items())


def logging_text() -> str:
    """Return the configuration of the server's log."""
    return _LOGGING


def format_command(java: str, jars: Path, config: KafkaConfig) -> list[str]:
    """Return the command that prepares an empty data directory."""
    arguments = ["format", "--cluster-id", CLUSTER_ID, "--config", str(config.properties_file)]
    return [*_java(java, jars, config), "kafka.tools.StorageTool", *arguments]


def command(java: str, jars: Path, config: KafkaConfig) -> list[str]:
    """Return the command line of the server. It ends cleanly on SIGTERM."""
    return [*_java(java, jars, config), "kafka.Kafka", str(config.properties_file)]


def is_formatted(config: KafkaConfig) -> bool:
    """Return whether the data directory has been prepared."""
    return (config.data_dir / "meta.properties").exists()


def url(config: KafkaConfig) -> str:
    """Return the URL that a service connects to, credentials included: a secret."""
    return f"kafka://{quote(config.user, safe='')}:{quote(config.password, safe='')}@127.0.0.1:{config.port}"


def _java(java: str, jars: Path, config: KafkaConfig) -> list[str]:
    return [
        # Only the first compiler: a small server waits for its disk, and starts in half the time.
        *(java, HEAP, "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:+ExitOnOutOfMemoryError"),
        *("-Djava.awt.headless=true", f"-Dlog4j2.configurationFile={config.logging_file}"),
        *("-cp", str(jars / "*")),
    ]


def _safe(value: str) -> str:
    """Return the value. Raises ValueError for a character that would end it where it is quoted."""
    if not value.isalnum() and not value.replace("-", "").replace("_", "").isalnum():
        raise ValueError("a user or password of the local Kafka must be of letters, digits, - and _")
    return value
