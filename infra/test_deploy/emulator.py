"""ministack on loopback, in a folder that is removed at the end."""

import contextlib
import json
import os
import pathlib
import shutil
import socket
import subprocess
import tempfile
import urllib.request

from claims import Failed, until

ROOT = pathlib.Path(__file__).resolve().parents[2]
PORT = 4566
EMULATOR = f"http://127.0.0.1:{PORT}"
REGION = "eu-central-1"


def port_is_free():
    """Whoever answers there instead would be tested, and deployed into."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", PORT))
        except OSError:
            raise Failed(
                f"port {PORT} of this machine is taken, by another emulator of AWS perhaps (localstack, ministack, another "
                f"make test-deploy): end it, and try again. `ss -ltnp 'sport = :{PORT}'` names it"
            ) from None


class Emulator:
    """ministack with what infra/emulate.py adds, in a folder that is removed at the end."""

    def __init__(self, python, keep):
        port_is_free()
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="tintype-deploy-"))
        self.keep = keep
        self.calls = self.folder / "calls.jsonl"
        for part in ("state", "data", "tmp"):
            (self.folder / part).mkdir()
        # Functions inherit all of this: a short list, or a variable that the template forgets would not be missed.
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "AUTH": "true",
            "CALLS": str(self.calls),
            "BIND_HOST": "127.0.0.1",
            "IOT_MTLS_ENABLED": "0",
            "SFTP_ENABLED": "0",
            "MINISTACK_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ENDPOINT_URL": EMULATOR,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_EC2_METADATA_DISABLED": "true",
            "STATE_DIR": str(self.folder / "state"),
            "S3_DATA_DIR": str(self.folder / "data"),
            "TMPDIR": str(self.folder / "tmp"),
        }
        self.log = open(self.folder / "emulator.log", "w")
        self.process = subprocess.Popen(
            [python, ROOT / "infra" / "emulate.py"], env=environment, stdout=self.log, stderr=self.log, cwd=self.folder
        )
        until("the emulator starts", 60, self.healthy)

    def healthy(self):
        if self.process.poll() is not None:
            raise Failed(f"the emulator ended: {(self.folder / 'emulator.log').read_text()[-2000:]}")
        with contextlib.suppress(OSError):
            return urllib.request.urlopen(f"{EMULATOR}/_ministack/health", timeout=2).status == 200

    def made(self):
        """Every checked call so far."""
        return [json.loads(line) for line in self.calls.read_text().splitlines()] if self.calls.exists() else []

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
        self.log.close()
        if self.keep:
            print(f"kept: {self.folder}")
        else:
            shutil.rmtree(self.folder, ignore_errors=True)
