#!/usr/bin/env bash
# Deploys into the emulator, in a network of its own where the kernel allows that: what runs there reaches nobody, and
# nobody reaches it. Elsewhere it listens on loopback alone.
set -euo pipefail
here=$(dirname "$0")
python="$("$here/python.sh" deploy)/python"
emulator="$("$here/python.sh" emulate)/python"
run=("$python" "$here/test_deploy" --emulator-python "$emulator" "$@")
# Some kernels give such a network, and then forbid to bring it up.
if unshare --net --map-root-user ip link set lo up 2>/dev/null; then
    exec unshare --net --map-root-user sh -c 'ip link set lo up && exec "$@"' sh "${run[@]}"
fi
exec "${run[@]}"
