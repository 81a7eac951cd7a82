"""`python -m tests.corpus.recorders.run <dialect>[/<case>]...`: records the corpus anew, with the real packages.

For each dialect: its packages are installed below build/corpus/<dialect>, then for each case of its cases.json (case ->
more environment variables) record.py or record.mjs runs with the case's name as its argument, against the scripted
providers, and payload.jsonl and source.json (its notes are kept) are written. expected.json is written by hand.
"""

import argparse
import datetime
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

CORPUS = Path(__file__).parents[1]
REPOSITORY = CORPUS.parents[1]
BUILD = REPOSITORY / "build" / "corpus"
START_TIMEOUT_S = 20.0
RECORD_TIMEOUT_S = 180.0
TOOLS = Path(sys.executable).parent
"""Where this environment has uv, node and npm."""
QUIET = {
    # Nothing is to call home: a proxy that nobody serves stops what has no opt-out.
    "HTTP_PROXY": "http://127.0.0.1:9",
    "HTTPS_PROXY": "http://127.0.0.1:9",
    "http_proxy": "http://127.0.0.1:9",
    "https_proxy": "http://127.0.0.1:9",
    "NO_PROXY": "127.0.0.1,localhost",
    "no_proxy": "127.0.0.1,localhost",
    "DO_NOT_TRACK": "1",
    "TRACELOOP_TELEMETRY": "false",
    "CREWAI_DISABLE_TELEMETRY": "true",
    "HAYSTACK_TELEMETRY_ENABLED": "False",
    "ANONYMIZED_TELEMETRY": "false",
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    "NEXT_TELEMETRY_DISABLED": "1",
}


@contextmanager
def running(module: str, *arguments: str) -> Iterator[dict[str, int]]:
    """Run a module that writes its ports to a file; yields the ports, ends it afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        port_file = Path(folder) / "ports"
        command = [sys.executable, "-m", module, "--port-file", str(port_file), *arguments]
        process = subprocess.Popen(command, cwd=REPOSITORY)
        try:
            deadline = time.monotonic() + START_TIMEOUT_S
            while not (port_file.exists() and port_file.read_text()):
                if process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(f"{module} did not start")
                time.sleep(0.05)
            yield json.loads(port_file.read_text())
        finally:
            process.terminate()
            process.wait(START_TIMEOUT_S)


def environment(providers: Mapping[str, int], recording: Mapping[str, int], more: Mapping[str, str]) -> dict[str, str]:
    """Return what a recorder is told: where the providers and the receiver are, and keys that are none."""
    root = f"http://127.0.0.1:{providers['http']}"
    collector = f"http://127.0.0.1:{recording['http']}"
    given = {
        **{name: os.environ[name] for name in ("HOME", "LANG") if name in os.environ},
        "PATH": f"{TOOLS}:{os.environ['PATH']}",
        **QUIET,
        "OPENAI_BASE_URL": f"{root}/v1",
        "OPENAI_API_BASE": f"{root}/v1",
        "ANTHROPIC_BASE_URL": root,
        "GOOGLE_GEMINI_BASE_URL": root,
        **{f"{name}_API_KEY": "not-a-key" for name in ("OPENAI", "ANTHROPIC", "GOOGLE")},
        "OTEL_EXPORTER_OTLP_ENDPOINT": collector,
        "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
        "OTEL_SERVICE_NAME": "travel-assistant",
        "CORPUS_PROVIDERS": root,
        "CORPUS_COLLECTOR": collector,
        "CORPUS_COLLECTOR_GRPC": f"127.0.0.1:{recording['grpc']}",
        "CORPUS_SCENARIO": str(CORPUS / "scenario.json"),
        "PYTHONPATH": str(CORPUS / "recorders" / "shared"),
    }
    # {CORPUS_COLLECTOR} and its like may stand in a case's own variables.
    return given | {name: value.format_map(given) for name, value in more.items()}


def install(dialect: str) -> list[str]:
    """Install a dialect's packages as they are pinned; returns the command that its cases are run with."""
    source, target = CORPUS / "recorders" / dialect, BUILD / dialect
    target.mkdir(parents=True, exist_ok=True)
    if (source / "package.json").exists():
        for name in ("package.json", "package-lock.json", "record.mjs"):
            shutil.copy(source / name, target / name)
        subprocess.run([TOOLS / "npm", "ci", "--no-audit", "--no-fund"], cwd=target, check=True)
        return [str(TOOLS / "node"), str(target / "record.mjs")]
    python = target / "venv" / "bin" / "python"
    if not python.exists():
        subprocess.run([TOOLS / "uv", "venv", "-q", "--python", "3.11", target / "venv"], check=True)
    requirements = source / "requirements.txt"
    # Away from the repository, whose overrides of what packages ask for would else hold here.
    with tempfile.TemporaryDirectory() as away:
        subprocess.run([TOOLS / "uv", "pip", "install", "-q", "-p", python, "-r", requirements], check=True, cwd=away)
    return [str(python), str(source / "record.py")]


def record(dialect: str, case: str, command: Sequence[str], more: Mapping[str, str]) -> None:
    """Record one case: its payload replaces the former one only if the recorder succeeded."""
    folder = CORPUS / dialect / case
    with tempfile.TemporaryDirectory() as scratch:
        payload = Path(scratch) / "payload.jsonl"
        with (
            running("tests.corpus.servers") as providers,
            running("tests.corpus.recording", "--out", str(payload)) as recording,
        ):
            variables = environment(providers, recording, more)
            subprocess.run([*command, case], env=variables, cwd=scratch, check=True, timeout=RECORD_TIMEOUT_S)
        if not payload.exists():
            raise RuntimeError(f"{dialect}/{case}: nothing was exported")
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copy(payload, folder / "payload.jsonl")
    _write_source(dialect, folder)
    print(f"{dialect}/{case}: {(folder / 'payload.jsonl').stat().st_size} bytes")


def _write_source(dialect: str, folder: Path) -> None:
    recorder, path = CORPUS / "recorders" / dialect, folder / "source.json"
    source: dict[str, Any] = {"notes": ""} | (json.loads(path.read_text()) if path.exists() else {})
    if (recorder / "package.json").exists():
        dependencies = json.loads((recorder / "package.json").read_text())["dependencies"]
        source |= {"packages": dependencies, "language": f"node {_version(TOOLS / 'node')}"}
    else:
        pinned = re.findall(r"^([\w.-]+)(?:\[.*?\])?==(\S+)", (recorder / "requirements.txt").read_text(), re.MULTILINE)
        source |= {"packages": dict(pinned), "language": "python 3.11"}
    source["recorded"] = datetime.datetime.now(tz=datetime.UTC).date().isoformat()
    ordered = {name: source[name] for name in ("packages", "language", "recorded", "notes")}
    path.write_text(json.dumps(ordered, indent=2, ensure_ascii=False) + "\n")


def _version(program: Path) -> str:
    return subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout.strip().lstrip("v")


def main(names: Sequence[str]) -> None:
    """Record the dialects, or the cases, that are named."""
    for name in names:
        dialect, _, only = name.partition("/")
        cases: dict[str, dict[str, str]] = json.loads((CORPUS / "recorders" / dialect / "cases.json").read_text())
        command = install(dialect)
        for case in [only] if only else cases:
            record(dialect, case, command, cases[case])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", nargs="+", help="a dialect, or dialect/case")
    main(parser.parse_args().name)
