"""Where the archive is and how long to wait for it."""

from typing import Self
from urllib.parse import unquote, urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator


class ArchiveSettings(BaseModel):
    """A bucket of an S3 service, or a directory, and the limits of what is asked of it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: str = Field(description="s3://bucket/prefix, or file:///directory, which all services must share.")
    endpoint: str = Field("", description="http(s)://host:port of an S3 service; empty: AWS's.")
    region: str = Field("us-east-1", description="The bucket's region; services other than AWS take any.")
    access_key: SecretStr | None = Field(
        None, description="S3 access key. Unset: what the AWS client finds by itself, such as a role."
    )
    secret_key: SecretStr | None = Field(None, description="S3 secret key, with `access_key`.")
    connect_timeout_s: float = Field(3.0, gt=0, description="Time to connect to S3, in seconds.")
    stall_timeout_s: float = Field(5.0, gt=0, description="Seconds without a byte after which S3 is given up.")
    timeout_s: float = Field(30.0, gt=0, description="Time for one object or listing, tries included, in seconds.")
    concurrency: int = Field(8, ge=1, le=64, description="Calls under way at once, each in a thread.")

    @model_validator(mode="after")
    def _is_complete(self) -> Self:
        parts = urlsplit(self.url)
        if parts.scheme == "file":
            if parts.netloc or not parts.path.startswith("/"):
                raise ValueError("url: a directory's is of the form file:///directory")
        elif parts.scheme != "s3" or not parts.netloc or parts.query or "@" in parts.netloc:
            raise ValueError("url: not of the form s3://bucket/prefix or file:///directory; keys go to access_key")
        if self.endpoint and (urlsplit(self.endpoint).scheme not in ("http", "https") or not self.endpoint_host):
            raise ValueError("endpoint: not of the form http://host:port")
        if (self.access_key is None) != (self.secret_key is None):
            raise ValueError("access_key and secret_key go together")
        return self

    @property
    def directory(self) -> str:
        """The directory; empty if it is a bucket."""
        parts = urlsplit(self.url)
        return unquote(parts.path) if parts.scheme == "file" else ""

    @property
    def bucket_path(self) -> str:
        """Bucket and prefix, such as "a11i/archive"."""
        parts = urlsplit(self.url)
        return f"{parts.netloc}/{parts.path.strip('/')}".rstrip("/")

    @property
    def endpoint_host(self) -> str:
        """host:port of the S3 service."""
        return urlsplit(self.endpoint).netloc
