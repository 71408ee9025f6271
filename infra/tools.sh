#!/usr/bin/env bash
# Looks for what a command needs, installs what it may, and otherwise says exactly what is missing and how to get it.
# usage: infra/tools.sh run|test|deploy
set -euo pipefail
unset GOOGLE_CLIENT_SECRET

missing=()   # what a person has to do
packages=()  # what Debian and Ubuntu have

have() { command -v "$1" >/dev/null 2>&1; }

have cargo || missing+=("Rust: https://rustup.rs installs it; rust-toolchain.toml names the version")
if have node; then
    node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)' ||
        missing+=("Node.js 20.19 or newer (this is $(node --version)): https://nodejs.org")
else
    missing+=("Node.js 20.19 or newer, with npm: https://nodejs.org")
fi
have cc || packages+=(build-essential)
have cmake || packages+=(cmake)
# libjpeg-turbo's x86 code is written for nasm; on ARM the C compiler is enough.
case "$(uname -m)" in x86_64 | i?86) have nasm || packages+=(nasm) ;; esac
# What checks and deploys template.yaml are Python programs, in an environment of their own (infra/python.sh).
if [ "${1:-run}" != run ]; then
    if ! have python3 || ! python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
        missing+=("Python 3.11 or newer as python3 (this is $(python3 --version 2>&1 || echo none)): https://www.python.org")
    elif ! python3 -c 'import ensurepip, venv' 2>/dev/null; then
        packages+=(python3-venv)
    fi
fi
if [ "${1:-run}" = test ] && [ -z "${CHROMIUM:-}" ] && ! have chromium; then
    packages+=(chromium)
fi

if [ ${#packages[@]} -gt 0 ]; then
    if have apt-get && [ "$(id -u)" = 0 ]; then
        echo "Installing ${packages[*]} ..."
        apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "${packages[@]}" >/dev/null
    elif have apt-get; then
        missing+=("packages: sudo apt-get install ${packages[*]}")
    else
        missing+=("programs: ${packages[*]} (with Homebrew: brew install ${packages[*]}; CHROMIUM=/path/to/a/browser names another Chromium)")
    fi
fi

if [ ${#missing[@]} -gt 0 ]; then
    echo "Tintype needs, and does not find:" >&2
    printf '  - %s\n' "${missing[@]}" >&2
    exit 1
fi
