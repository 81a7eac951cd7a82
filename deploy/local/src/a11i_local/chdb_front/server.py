"""The HTTP side: requests to statements, answers and errors back."""

import asyncio
import base64
import binascii
import hmac
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import lz4.frame  # type: ignore[import-untyped]  # the package has no types
from aiohttp import hdrs, web

from a11i_local.chdb_front.engine import Answer, Engine, Request
from a11i_local.chdb_front.errors import (
    AUTHENTICATION_FAILED,
    BAD_ARGUMENTS,
    NOT_IMPLEMENTED,
    SYNTAX_ERROR,
    TOO_MANY_SIMULTANEOUS_QUERIES,
    UNKNOWN_EXCEPTION,
    EngineError,
)
from a11i_local.chdb_front.settings import FrontSettings

# Query parameters with a meaning of their own; every other one is a setting of the statement.
_IGNORED: Final = frozenset(
    {"buffer_size", "client_protocol_version", "password", "quota_key", "user", "wait_end_of_query"}
)
_REFUSED: Final = frozenset({"compress", "decompress", "role", "session_check", "session_id", "session_timeout"})


class Front:
    """Answers HTTP requests from an engine."""

    def __init__(self, engine: Engine, settings: FrontSettings) -> None:
        self._engine = engine
        self._settings = settings
        self._threads = ThreadPoolExecutor(settings.max_running, thread_name_prefix="statement")
        # Cancelling has a thread of its own: it must not wait behind the statements that it is to stop.
        self._canceller = ThreadPoolExecutor(1, thread_name_prefix="cancel")
        self._places = threading.Semaphore(settings.max_running + settings.max_waiting)

    def application(self) -> web.Application:
        """Return the aiohttp application."""
        application = web.Application(client_max_size=self._settings.max_body_bytes)
        application.router.add_get("/ping", _ping)
        application.router.add_get("/", self._handle)
        application.router.add_post("/", self._handle)
        application.on_cleanup.append(self._close)
        return application

    async def _close(self, _: web.Application) -> None:
        """Wait for the statements that run: none has more than its time limit."""
        await asyncio.to_thread(self._threads.shutdown)
        await asyncio.to_thread(self._canceller.shutdown)

    async def _handle(self, http: web.Request) -> web.Response:
        """Run a request's statement. The event loop does no more than pass bytes on."""
        if not http.query_string and http.method == hdrs.METH_GET:
            return await _ping(http)
        try:
            self._authenticate(http)
            request = await self._request(http)
            answer = await self._execute(request)
        except EngineError as error:
            refusal = _refusal(error)
            if http.content.exception() is not None:
                refusal.force_close()  # the body cannot be read to its end, so nothing can follow it
            return refusal
        except web.HTTPException:  # a body over the limit, which aiohttp answers with 413
            raise
        except Exception as error:
            # Whatever nobody foresaw is still an answer that ClickHouse's clients can read.
            return _refusal(EngineError.of(UNKNOWN_EXCEPTION, f"{type(error).__name__} in the front: {error}"))
        return _response(request, answer)

    def _authenticate(self, http: web.Request) -> None:
        user, password = _credentials(http)
        # Both are compared, in constant time, whatever the first comparison says.
        good_user = hmac.compare_digest(user.encode(), self._settings.user.encode())
        good_password = hmac.compare_digest(password.encode(), self._settings.password.get_secret_value().encode())
        if not (good_user and good_password):
            raise EngineError.of(
                AUTHENTICATION_FAILED,
                f"{user}: Authentication failed: password is incorrect, or there is no user with such name",
            )

    async def _request(self, http: web.Request) -> Request:
        """Return what the HTTP request asks for. Raises EngineError."""
        values = dict(http.query)
        body = b""
        if http.content_type == "multipart/form-data":
            values |= await _form_fields(http)
        else:
            body = await _body(http)
        if refused := sorted(_REFUSED & {name for name, value in values.items() if value not in ("", "0")}):
            raise EngineError.of(NOT_IMPLEMENTED, f"The embedded engine has no {refused[0]}")
        statement = values.pop("query", "").encode()
        query_id = values.pop("query_id", "")
        database = values.pop("database", "")
        default_format = values.pop("default_format", "")
        parameters = {name.removeprefix("param_"): values.pop(name) for name in list(values) if _is_parameter(name)}
        settings = {name: value for name, value in values.items() if name not in _IGNORED | _REFUSED}
        settings.setdefault("max_execution_time", str(self._settings.max_execution_s))
        if not statement:
            statement, body = body, b""
        if not statement.strip():
            raise EngineError.of(SYNTAX_ERROR, "Empty query")
        optional = {"query_id": query_id} if query_id else {}
        return Request(
            statement=statement,
            data=body,
            parameters=parameters,
            settings=settings,
            database=database or http.headers.get("X-ClickHouse-Database", ""),
            default_format=default_format or http.headers.get("X-ClickHouse-Format", "") or "TabSeparated",
            read_only=http.method == hdrs.METH_GET,
            **optional,
        )

    async def _execute(self, request: Request) -> Answer:
        """Run the statement in a thread; stop it if the client goes away."""
        if not self._places.acquire(blocking=False):
            raise EngineError.of(TOO_MANY_SIMULTANEOUS_QUERIES, "Too many statements run or wait; try again later")
        job = self._threads.submit(self._engine.execute, request)
        job.add_done_callback(lambda _: self._places.release())
        try:
            return await asyncio.wrap_future(job)
        except asyncio.CancelledError:
            # A job that has not begun is cancelled with its future; one that runs must be told.
            if not job.cancelled():
                self._canceller.submit(self._engine.cancel, request.query_id)
            raise


async def _ping(_: web.Request) -> web.Response:
    return web.Response(text="Ok.\n")


def _is_parameter(name: str) -> bool:
    return name.startswith("param_")


def _credentials(http: web.Request) -> tuple[str, str]:
    """Return user and password from wherever ClickHouse takes them; ("default", "") if there are none."""
    if "X-ClickHouse-User" in http.headers:
        return http.headers["X-ClickHouse-User"], http.headers.get("X-ClickHouse-Key", "")
    scheme, _, encoded = http.headers.get(hdrs.AUTHORIZATION, "").partition(" ")
    if scheme.lower() == "basic":
        try:
            user, _, password = base64.b64decode(encoded, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return "", ""
        return user, password
    return http.query.get("user", "default"), http.query.get("password", "")


async def _form_fields(http: web.Request) -> dict[str, str]:
    """Return the text fields of a form, as which clients send long parameters."""
    fields = await http.post()
    texts = {name: value for name, value in fields.items() if isinstance(value, str)}
    if len(texts) < len(fields):
        raise EngineError.of(NOT_IMPLEMENTED, "The embedded engine has no external tables")
    return texts


async def _body(http: web.Request) -> bytes:
    """Return the body unpacked; aiohttp has done gzip, deflate, br and zstd already."""
    try:
        body = await http.read()
        if http.headers.get(hdrs.CONTENT_ENCODING) == "lz4":
            return await asyncio.to_thread(lz4.frame.decompress, body)
    except (web.RequestPayloadError, RuntimeError) as error:
        raise EngineError.of(BAD_ARGUMENTS, f"The body cannot be unpacked: {error}") from error
    return body


def _response(request: Request, answer: Answer) -> web.Response:
    summary = {
        "read_rows": str(answer.read_rows),
        "written_rows": str(answer.written_rows),
        "elapsed_ns": str(int(answer.elapsed_s * 1e9)),
    }
    headers = {
        "X-ClickHouse-Query-Id": request.query_id,
        "X-ClickHouse-Summary": json.dumps(summary),
        "X-ClickHouse-Timezone": "UTC",
    }
    if answer.format:
        headers["X-ClickHouse-Format"] = answer.format
    return web.Response(body=answer.body, headers=headers, content_type="application/octet-stream")


def _refusal(error: EngineError) -> web.Response:
    headers = {"X-ClickHouse-Exception-Code": str(error.code)}
    return web.Response(status=error.http_status, text=f"{error}\n", headers=headers)
