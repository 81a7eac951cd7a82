"""What the ingest service can be told."""

from pydantic import BaseModel, Field

from a11i_bus.settings import BusSettings
from a11i_chassis.ingest_policy import IngestPolicy
from a11i_chassis.settings import ClientSettings, GrpcServerSettings, ServiceSettings
from a11i_ingest.limits import ItemLimits


class GrpcSettings(GrpcServerSettings):
    """The listener of OTLP/gRPC and StreamSpans. It reads a request once its key is known to be good.

    Health and reflection ask for no key and share `max_receive_bytes`: where strangers reach the listener, a proxy
    should pass on only the two services that take spans.
    """

    listen: str = Field("127.0.0.1:4317", pattern=r"^.+:\d{1,5}$", description="host:port; port 0 picks a free one.")
    max_receive_bytes: int = Field(
        64 * 1024 * 1024, gt=0, description="Largest message taken; 64 MiB is what the OTLP specification recommends."
    )
    max_concurrent_rpcs: int | None = Field(
        None,
        gt=0,
        description="Calls served at once. None, as OTLP clients throw spans away on the RESOURCE_EXHAUSTED of more; "
        "intake.max_requests_in_flight refuses in a way that they retry.",
    )
    read_timeout_s: float = Field(
        30.0, gt=0, le=600, description="Seconds that a request of OTLP/gRPC may take to arrive."
    )


class CorsSettings(BaseModel):
    """Web pages that may send from a browser; none, unless they are named."""

    allowed_origins: list[str] = Field(
        [],
        description='Origins such as "https://app.example.com", or with a wildcard "https://*.example.com"; "*" for '
        "every page. Pages send a key that their visitors can read: give them one that can only ingest.",
    )
    allowed_headers: list[str] = Field(
        [], description="Request headers that pages may send besides those that OTLP exporters use."
    )


class HttpSettings(BaseModel):
    """The OTLP/HTTP listener. It takes requests as large as the gRPC listener's."""

    listen: str = Field("127.0.0.1:4318", pattern=r"^.+:\d{1,5}$", description="host:port; port 0 picks a free one.")
    read_timeout_s: float = Field(30.0, gt=0, le=600, description="Seconds that a request's body may take to arrive.")
    header_timeout_s: float = Field(
        10.0, gt=0, le=600, description="Seconds that a request's headers may take, from the first byte to the last."
    )
    keep_alive_s: float = Field(
        75.0, gt=0, le=3600, description="Seconds that a connection may stay open without a request."
    )
    cors: CorsSettings = Field(CorsSettings(), description="Web pages that may send.")


class Rates(BaseModel, frozen=True):
    """What each API key may send to this process in a second; 0 for no limit. Bursts of 0: ten seconds of the rate."""

    requests_per_second: float = Field(0.0, ge=0, description="Requests.")
    request_burst: float = Field(0.0, ge=0, description="Requests that may come at once.")
    spans_per_second: float = Field(0.0, ge=0, description="Spans, log records and metric points together.")
    span_burst: float = Field(0.0, ge=0, description="Of these, what may come at once.")
    bytes_per_second: float = Field(0.0, ge=0, description="Bytes after decompression.")
    byte_burst: float = Field(0.0, ge=0, description="Bytes that may come at once.")

    def policy(self) -> IngestPolicy:
        """Return the rates as a policy."""
        return IngestPolicy(**self.model_dump())


class IntakeSettings(BaseModel):
    """How requests are worked on, whichever way they came."""

    max_bytes_in_flight: int = Field(
        128 * 1024 * 1024,
        gt=0,
        description="Bytes of requests that are read or worked on at once; more wait for two seconds and are refused "
        "then with a retry hint. A tenant has half of it. It is more than a second's work for a busy process, and a "
        "request takes about six times its size in memory until it is acknowledged.",
    )
    max_requests_in_flight: int = Field(
        1_000,
        gt=0,
        description="Requests that are read or worked on at once, a tenant's half of it; as many may wait. Further "
        "ones are refused with a retry hint.",
    )
    part_bytes: int = Field(
        600_000,
        ge=10_000,
        le=900_000,
        description="Size of a message on the bus, about. JetStream stores messages of 100 to 900 kB equally fast, and "
        "what follows handles few large ones better than many small ones.",
    )
    limits: ItemLimits = Field(ItemLimits(), description="What one span or log record may bring.")
    rates: Rates = Field(Rates(), description="What each API key may send, unless its project has a policy of its own.")
    publishes_in_flight: int = Field(
        64, gt=0, description="Messages that wait for the bus's acknowledgement at once, of all requests."
    )
    decode_threads: int = Field(
        2, gt=0, le=64, description="Threads that decode. Much of that holds Python's lock: two keep one core busy."
    )
    streams_per_tenant: int = Field(
        100,
        gt=0,
        description="StreamSpans calls that a tenant may have open at once; more are to be tried again.",
    )
    stream_window: int = Field(16, gt=0, le=1000, description="Chunks of one StreamSpans call worked on at once.")


class IngestSettings(ServiceSettings, env_prefix="A11I_INGEST_"):
    """Settings of the ingest service, from A11I_INGEST_..."""

    grpc: GrpcSettings = Field(GrpcSettings(), description="The listener of OTLP/gRPC and StreamSpans.")
    http: HttpSettings = Field(HttpSettings(), description="The listener of OTLP/HTTP.")
    bus: BusSettings = Field(description="The bus that spans go to.")
    auth: ClientSettings = Field(description="The auth service, which knows the API keys.")
    intake: IntakeSettings = Field(IntakeSettings(), description="How requests are worked on.")
    processes: int = Field(
        1,
        ge=1,
        le=256,
        description="Processes that serve on the same ports, each with these settings: limits and rates are for each "
        "of them, and the n-th (from 0) has its /metrics on the port of metrics.listen plus n.",
    )
    worker_of: int = Field(
        0, ge=0, description="Set for the processes of `processes`: id of the one that started them; not to be set."
    )
