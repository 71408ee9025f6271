#!/usr/bin/env bash
# Makes sure that Python programs of one kind are there, outside of the repository, and prints the folder of their
# commands. usage: infra/python.sh deploy|check|emulate
set -euo pipefail
# Not for what pip installs.
unset GOOGLE_CLIENT_SECRET
kind=$1
wanted="$(dirname "$0")/requirements/$kind.txt"
home="${TINTYPE_TOOLS:-${XDG_CACHE_HOME:-$HOME/.cache}/tintype}/$kind"

if ! python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    found=$(python3 --version 2>&1) || found=none
    echo "Tintype needs Python 3.11 or newer as python3, and finds: $found." >&2
    echo "Install it from https://www.python.org or your system's packages, put its folder first in PATH, and try again." >&2
    exit 1
fi
# The Python that it was made with may be gone since.
if ! cmp -s "$wanted" "$home/installed.txt" || ! "$home/bin/python" -c '' 2>/dev/null; then
    echo "Installing Python programs ($kind) into $home ..." >&2
    rm -rf "$home"
    mkdir -p "$home"
    python3 -m venv "$home" ||
        { echo "Python cannot make an environment: install python3-venv, then try again" >&2; exit 1; }
    "$home/bin/pip" install --quiet --disable-pip-version-check --requirement "$wanted" >&2
    cp "$wanted" "$home/installed.txt"
fi
echo "$home/bin"
