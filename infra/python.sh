#!/usr/bin/env bash
# Makes sure that Python programs of one kind are there, outside of the repository, and prints the folder of their
# commands. usage: infra/python.sh deploy|check|emulate
set -euo pipefail
kind=$1
wanted="$(dirname "$0")/requirements/$kind.txt"
home="${TINTYPE_TOOLS:-${XDG_CACHE_HOME:-$HOME/.cache}/tintype}/$kind"

command -v python3 >/dev/null || { echo "Python 3.11 or newer is missing: https://www.python.org" >&2; exit 1; }
if ! cmp -s "$wanted" "$home/installed.txt"; then
    echo "Installing Python programs ($kind) into $home ..." >&2
    rm -rf "$home"
    mkdir -p "$home"
    python3 -m venv "$home" ||
        { echo "Python cannot make an environment: install python3-venv, then try again" >&2; exit 1; }
    "$home/bin/pip" install --quiet --disable-pip-version-check --requirement "$wanted" >&2
    cp "$wanted" "$home/installed.txt"
fi
echo "$home/bin"
