"""What a Kafka URL says: kafka://user:password@host:port,host:port/namespace?tls=true&ca=/path&sasl=SCRAM-SHA-512."""

import ssl
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl, unquote, urlsplit

_DEFAULT_NAMESPACE: Final = "a11i"
_MECHANISMS: Final = ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512")
_OPTIONS: Final = ("tls", "ca", "sasl")


@dataclass(frozen=True, slots=True, repr=False)
class Endpoint:
    """Where a Kafka cluster is, and how to log in there."""

    servers: tuple[str, ...]
    """host:port of some brokers; the others are learnt from them."""
    namespace: str
    """First part of the names of topics and groups, so that several meshes can share a cluster."""
    user: str = ""
    password: str = ""
    sasl: str = "PLAIN"
    """Mechanism of the log-in. Without a user there is none."""
    tls: bool = False
    ca_file: str | None = None
    """Certificates to trust. None: the system's."""

    @property
    def client_options(self) -> dict[str, object]:
        """The arguments that every client of aiokafka takes."""
        options: dict[str, object] = {"bootstrap_servers": list(self.servers), "client_id": "a11i"}
        if self.tls:
            options["ssl_context"] = ssl.create_default_context(cafile=self.ca_file)
        if self.user:
            options |= {
                "sasl_mechanism": self.sasl,
                "sasl_plain_username": self.user,
                "sasl_plain_password": self.password,
            }
        options["security_protocol"] = f"{'SASL_' if self.user else ''}{'SSL' if self.tls else 'PLAINTEXT'}"
        return options


def parse(url: str) -> Endpoint:
    """Return what the URL says. Raises ValueError, without the URL's text, for one that says something else."""
    parts = urlsplit(url)
    login, _, hosts = parts.netloc.rpartition("@")
    user, _, password = login.partition(":")
    options = dict(parse_qsl(parts.query, strict_parsing=True)) if parts.query else {}
    if unknown := sorted(set(options) - set(_OPTIONS)):
        raise ValueError(f"a Kafka URL has no option {', '.join(unknown)}; it has {', '.join(_OPTIONS)}")
    sasl = options.get("sasl", "PLAIN")
    if sasl not in _MECHANISMS:
        raise ValueError(f"a Kafka URL's sasl must be one of {', '.join(_MECHANISMS)}")
    if options.get("tls", "false") not in ("true", "false"):
        raise ValueError("a Kafka URL's tls must be true or false")
    servers = tuple(host for host in hosts.split(",") if host)
    if not servers:
        raise ValueError("a Kafka URL must name a host")
    return Endpoint(
        servers=servers,
        namespace=parts.path.strip("/") or _DEFAULT_NAMESPACE,
        user=unquote(user),
        password=unquote(password),
        sasl=sasl,
        tls=options.get("tls") == "true",
        ca_file=options.get("ca"),
    )
