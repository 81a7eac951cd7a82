"""A second way into a test's Kafka: over TLS, with a SCRAM log-in."""

import datetime
import ipaddress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from a11i_local.engines.kafka import KafkaConfig

MECHANISM = "SCRAM-SHA-512"


@dataclass(frozen=True, slots=True)
class SecureListener:
    """A listener beside the server's own. Made by `secure_listener`."""

    port: int
    certificate: Path
    """What a client must trust."""
    keystore: Path
    password: str

    def url(self, user: str, namespace: str) -> str:
        """Return the URL of this way in."""
        ca = quote(str(self.certificate))
        return f"kafka://{user}:{self.password}@127.0.0.1:{self.port}/{namespace}?tls=true&ca={ca}&sasl={MECHANISM}"

    def properties_text(self, config: KafkaConfig) -> str:
        """Return what the server's configuration has besides. A later line of a name replaces an earlier one."""
        plain, secure = f"CLIENT://127.0.0.1:{config.port}", f"SECURE://127.0.0.1:{self.port}"
        settings = {
            "listeners": f"{plain},{secure},CONTROLLER://127.0.0.1:{config.controller_port}",
            "advertised.listeners": f"{plain},{secure}",
            "listener.security.protocol.map": "CLIENT:SASL_PLAINTEXT,SECURE:SASL_SSL,CONTROLLER:SASL_PLAINTEXT",
            "listener.name.secure.sasl.enabled.mechanisms": MECHANISM,
            f"listener.name.secure.{MECHANISM.lower()}.sasl.jaas.config": (
                "org.apache.kafka.common.security.scram.ScramLoginModule required;"
            ),
            "listener.name.secure.ssl.keystore.type": "PEM",
            "listener.name.secure.ssl.keystore.location": str(self.keystore),
        }
        return "".join(f"{name}={value}\n" for name, value in settings.items())

    def format_arguments(self, user: str) -> list[str]:
        """Return what the command that prepares the server's directory is told besides."""
        return ["--add-scram", f"{MECHANISM}=[name={user},password={self.password}]"]


def secure_listener(directory: Path, port: int, password: str) -> SecureListener:
    """Return a listener whose key and certificate, for 127.0.0.1, are new in the directory."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
        .public_bytes(serialization.Encoding.PEM)
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    listener = SecureListener(port, directory / "certificate.pem", directory / "keystore.pem", password)
    listener.certificate.write_bytes(certificate)
    listener.keystore.touch(mode=0o600)
    listener.keystore.write_bytes(private + certificate)
    return listener
