#!/bin/sh
# Makes .venv with everything that the lock names and the members of this repository. Run by `make setup`.
#
# Does nothing when nothing changed, and may run twice at once. PYTHON names the interpreter to use (3.11).
# pip's and uv's own settings (index, certificates, proxies) hold, from the environment and from their files.
# Exit codes: 0 ready, 2 not ready and a line says what to do.
set -eu
cd "$(dirname "$0")/../.."

venv=.venv
stamp=$venv/.a11i-setup
log=$venv/setup.log
members=$(for d in libs/* services/* sdk/python sdk/cli deploy/local; do if [ -f "$d/pyproject.toml" ]; then echo "$d"; fi; done)

say() { printf 'a11i: %s\n' "$*"; }
fail() { printf 'a11i: %s\n' "$*" >&2; exit 2; }

# What the environment was made from: the lock, the members, this script, and where it all lies.
fingerprint() {
    { pwd; cat requirements.lock deploy/local/bootstrap.sh; for d in $members; do cat "$d/pyproject.toml"; done; } | cksum
}

is_ready() { [ -x $venv/bin/python ] && [ -f $stamp ] && [ "$(cat $stamp)" = "$(fingerprint)" ]; }

is_311() { [ "$("$1" -c "import sys$2; print(*sys.version_info[:2])" 2>/dev/null)" = "3 11" ]; }

# The interpreter: PYTHON, else the first 3.11 that can make a pip, else any 3.11.
find_python() {
    if [ -n "${PYTHON:-}" ]; then
        is_311 "$PYTHON" "" || fail "PYTHON=$PYTHON is no Python 3.11; set PYTHON to one"
        echo "$PYTHON"
        return
    fi
    for also in ", ensurepip" ""; do
        for candidate in python3.11 python3 python "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.11*/bin/python3.11; do
            if is_311 "$candidate" "$also"; then
                echo "$candidate"
                return
            fi
        done
    done
    fail "Python 3.11 was not found: install it (Debian: apt-get install python3.11 python3.11-venv; pyenv: pyenv install 3.11), or set PYTHON to one"
}

make_venv() {
    if [ -x $venv/bin/python ] && is_311 $venv/bin/python ""; then
        return
    fi
    python=$(find_python)
    say "making $venv with $("$python" --version)"
    if "$python" -c 'import ensurepip' 2>/dev/null; then
        "$python" -m venv --clear $venv || fail "$python -m venv $venv failed; its words are above"
    elif "$python" -m pip --version >/dev/null 2>&1; then
        "$python" -m venv --clear --without-pip $venv || fail "$python -m venv $venv failed; its words are above"
        quietly "$python" -m pip --python $venv/bin/python install pip
    else
        fail "$python has neither ensurepip nor pip: install Debian's python3.11-venv (apt-get install python3.11-venv), or set PYTHON to another Python 3.11"
    fi
}

# Runs a command with its words in the log, and ends with one line that says what its failure means.
quietly() {
    code=0
    "$@" >>$log 2>&1 || code=$?
    if [ $code = 0 ]; then
        return
    fi
    # Hashes first: a log of packages that were fetched speaks of connections and of what was resolved, too.
    if grep -qiE 'hash(es)? mismatch|do not match the hashes|no hashes were provided' $log; then
        fail "a package is not the one that requirements.lock names (its hash differs): check the package index; see $log"
    elif grep -qiE 'from versions: none|connect|network|resolve|dns|timed out|certificate|offline|unreachable|error sending request' $log; then
        fail "the package index can't be reached: check the network and pip's or uv's settings, then run it again; see $log"
    elif grep -qiE 'no wheels|no usable wheels|no matching distribution|not (a )?supported (wheel|on this platform)|not have a wheel|no source distribution' $log; then
        fail "a package has no wheel for this platform ($(uname -sm)); Linux on x86_64 with glibc 2.28 or later has all; see $log"
    elif grep -qiE 'no space left' $log; then
        fail "the disk is full: 3 GB are needed below $(pwd)"
    fi
    fail "$(basename "$1") failed (exit code $code); see $log"
}

# uv does not read pip's settings: hand over those that say where packages come from.
share_pip_setting() { # NAME_FOR_UV name-in-pip
    eval "known=\${$1:-}"
    if [ -z "$known" ]; then
        value=$($venv/bin/pip config get "global.$2" 2>/dev/null || $venv/bin/pip config get ":env:.$2" 2>/dev/null || true)
        if [ -n "$value" ]; then
            export "$1=$value"
        fi
    fi
}

install() {
    # Only uv, from the lock, by pip; the rest by uv, in parallel.
    awk '/^uv==/ { on = 1 } on { print } on && !/\\$/ { exit }' requirements.lock >$venv/uv.lock.txt
    quietly $venv/bin/python -m pip install --disable-pip-version-check --no-deps --require-hashes -r $venv/uv.lock.txt
    if [ -z "${UV_INDEX_URL:-}" ]; then
        share_pip_setting UV_DEFAULT_INDEX index-url
    fi
    share_pip_setting UV_FIND_LINKS find-links
    share_pip_setting UV_EXTRA_INDEX_URL extra-index-url
    say "installing $(grep -c '^[a-z].*==' requirements.lock) packages; the first time takes some minutes"
    # --no-deps: the lock is complete, and leaves out what some packages ask for and nobody here uses.
    quietly $venv/bin/uv pip install --python $venv/bin/python --no-deps --require-hashes --only-binary :all: \
        -r requirements.lock
    set --
    for d in $members; do set -- "$@" -e "$d"; done
    quietly $venv/bin/uv pip install --python $venv/bin/python --no-deps --no-build-isolation "$@"
}

main() {
    if is_ready; then
        return
    fi
    # One at a time: the lock is on this file, and ends with this process.
    exec 9<deploy/local/bootstrap.sh
    if command -v flock >/dev/null 2>&1; then
        flock 9
    fi
    if is_ready; then
        return
    fi
    begun=$(date +%s)
    make_venv
    : >$log
    rm -f $stamp
    install
    fingerprint >$stamp
    say "ready: $venv ($(($(date +%s) - begun)) s)"
}

main
