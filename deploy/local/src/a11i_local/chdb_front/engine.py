"""The chDB engine: one data directory, a connection for each statement.

A chDB connection is a session (settings, current database) on the process's one engine; opening one costs 0.2 ms,
statements on different connections run in parallel and release the GIL. A connection is therefore never shared or
reused: no setting of one request reaches another, and no error leaves a connection in a state to clean up.
"""

import fcntl
import os
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import quote
from xml.sax.saxutils import escape

import chdb

from a11i_local.chdb_front import statement as sql
from a11i_local.chdb_front.errors import SYNTAX_ERROR, EngineError

_chdb: Any = chdb._chdb  # its type stub lacks connections

_INSERT_CHUNK_BYTES: Final = 4 * 1024 * 1024
"""Data handed over at once: each piece is copied, so this bounds the second copy."""


class DirectoryUnusableError(Exception):
    """The data directory cannot be used; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class Request:
    """A statement with what came along with it."""

    statement: bytes
    """The statement; an insert's data may follow it in the same text."""
    data: bytes = b""
    """An insert's data where it came apart from the statement."""
    parameters: Mapping[str, str] = field(default_factory=dict)
    """Values of `{name:Type}` placeholders."""
    settings: Mapping[str, str] = field(default_factory=dict)
    database: str = ""
    default_format: str = "TabSeparated"
    """Format of the answer where the statement names none."""
    read_only: bool = False
    query_id: str = field(default_factory=lambda: str(uuid.uuid4()))


@dataclass(frozen=True, slots=True)
class Answer:
    """What a statement returned."""

    body: bytes
    format: str
    """Format of `body`; empty for a statement that returns no rows."""
    read_rows: int
    written_rows: int
    elapsed_s: float


class Engine:
    """A data directory opened with chDB. A process can have one. `execute` may be called from several threads."""

    def __init__(self, path: Path, *, max_memory_bytes: int) -> None:
        """Open `path`, which is made if need be. Raises DirectoryUnusableError."""
        _check_usable(path)
        config = path / "front-config.xml"
        config.write_text(_config(max_memory_bytes))
        self._connection_string = f"{quote(str(path.resolve()))}?config-file={quote(str(config.resolve()))}"
        try:
            # Keeps the engine open: it closes with its last connection.
            self._root = _chdb.connect(self._connection_string)
        except RuntimeError as error:
            raise DirectoryUnusableError(f"chDB cannot open {path}: {error}") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._root.close()

    def execute(self, request: Request) -> Answer:
        """Run a statement to its end. An insert's rows are on disk, fsynced, on return. Raises EngineError."""
        insert = sql.split_insert(request.statement)
        if insert is None:
            sql.refuse_if_forbidden(request.statement)
        connection = _chdb.connect(self._connection_string)
        try:
            _prepare(connection, request)
            return _query(connection, request) if insert is None else _insert(connection, request, insert)
        except RuntimeError as error:
            raise EngineError.from_engine(str(error)) from error
        except UnicodeDecodeError as error:
            # chDB's own message quoted bytes that are no text, so that Python could not make an exception of it.
            raise EngineError.from_engine(error.object.decode(errors="replace")) from error
        finally:
            connection.close()

    def cancel(self, query_id: str) -> None:
        """Stop the statement of that id, if it still runs."""
        kill = Request(b"KILL QUERY WHERE Settings['log_comment'] = {id:String} ASYNC", parameters={"id": query_id})
        self.execute(kill)


def _prepare(connection: Any, request: Request) -> None:  # chDB has no type for its connection
    """Give a new connection the request's database and settings."""
    if request.database:
        connection.query(f"USE {_quoted(request.database, '`')}")
    # implicit_select is on in chDB and off in the server: `selec` would be taken for an expression to select.
    # log_comment is how `cancel` finds the statement: chDB gives no way to set the query id.
    settings = {"implicit_select": "0", **request.settings, "log_comment": request.query_id}
    if request.read_only:
        settings["readonly"] = "2"
    names = [name for name in settings if not name.isidentifier()]
    if names:
        raise EngineError.of(SYNTAX_ERROR, f"Not the name of a setting: {names[0]!r}")
    connection.query("SET " + ", ".join(f"{name} = {_quoted(value, chr(39))}" for name, value in settings.items()))


def _query(connection: Any, request: Request) -> Answer:
    # Bytes, as a string literal may hold any.
    text = b"\n".join(part for part in (request.statement, request.data) if part)
    found = connection.classify_query(text)
    if found["statement_count"] > 1:
        raise EngineError.of(SYNTAX_ERROR, "Multi-statements are not allowed")
    result = connection.query(text, request.default_format, params=dict(request.parameters))
    returns_rows = found["query_class"] == _chdb.query_class.READ_ONLY
    return Answer(
        body=result.bytes() or b"",
        format=sql.output_format(text, request.default_format) if returns_rows else "",
        read_rows=result.storage_rows_read(),
        written_rows=0,
        elapsed_s=result.elapsed(),
    )


def _insert(connection: Any, request: Request, insert: sql.Insert) -> Answer:
    handle = connection.send_insert(insert.head, insert.format)
    for data in (memoryview(request.statement)[insert.data_start :], memoryview(request.data)):
        for start in range(0, len(data), _INSERT_CHUNK_BYTES):
            connection.insert_append(handle, bytes(data[start : start + _INSERT_CHUNK_BYTES]))
    result = connection.insert_done(handle)
    return Answer(b"", "", read_rows=0, written_rows=result.rows_written(), elapsed_s=result.elapsed())


def _quoted(text: str, mark: str) -> str:
    return mark + text.replace("\\", "\\\\").replace(mark, "\\" + mark) + mark


def _check_usable(path: Path) -> None:
    """Make the directory and see that it is writable and that no other process has it open."""
    try:
        path.mkdir(parents=True, exist_ok=True)
        # ClickHouse locks this file for as long as it has the directory open.
        status = os.open(path / "status", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise DirectoryUnusableError(
            f"the data directory {path} cannot be written ({error.strerror}); give another or its rights"
        ) from error
    try:
        fcntl.flock(status, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        raise DirectoryUnusableError(
            f"the data directory {path} is in use by another process; stop it or give another directory"
        ) from error
    finally:
        os.close(status)


def _config(max_memory_bytes: int) -> str:
    """Return the engine's configuration: small when idle, and nothing acknowledged that is not on disk."""
    values = {
        "max_server_memory_usage": max_memory_bytes,
        # Caches: an embedded store reads from the operating system's page cache anyway.
        "mark_cache_size": 32 * 1024**2,
        "index_mark_cache_size": 8 * 1024**2,
        "uncompressed_cache_size": 0,
        "mmap_cache_size": 64,
        "compiled_expression_cache_size": 8 * 1024**2,
        # Threads: enough for merges beside inserts on a few cores.
        "background_pool_size": 2,
        "background_move_pool_size": 1,
        "background_fetches_pool_size": 1,
        "background_common_pool_size": 2,
        "background_schedule_pool_size": 4,
        "background_buffer_flush_schedule_pool_size": 1,
        "background_message_broker_schedule_pool_size": 1,
        "background_distributed_schedule_pool_size": 1,
        "max_thread_pool_free_size": 4,
    }
    merge_tree = {
        "fsync_after_insert": 1,
        "fsync_part_directory": 1,
        # Defaults ask for that many free threads of a pool of 16, more than this pool has.
        "number_of_free_entries_in_pool_to_lower_max_size_of_merge": 1,
        "number_of_free_entries_in_pool_to_execute_mutation": 1,
        "number_of_free_entries_in_pool_to_execute_optimize_entire_partition": 1,
    }
    return (
        "<clickhouse>"
        + _elements(values)
        + f"<merge_tree>{_elements(merge_tree)}</merge_tree>"
        + "<logger><level>warning</level></logger>"
        + "</clickhouse>\n"
    )


def _elements(values: Mapping[str, int]) -> str:
    return "".join(f"<{name}>{escape(str(value))}</{name}>" for name, value in values.items())
