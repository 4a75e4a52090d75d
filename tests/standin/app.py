"""The App at work over the stand-in: its key, the server as a process of its own, and deliveries as GitHub sends them."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from .sending import post
from .server import StandIn
from .telling import pull_event
from .writing import Hub

SECRET = "spice"  # noqa: S105 - of the tests alone


class Key:
    """The App's key: what signs, and what the stand-in checks with."""

    def __init__(self) -> None:
        made = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        plain = serialization.NoEncryption()
        self.private = made.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain).decode()
        spki = serialization.PublicFormat.SubjectPublicKeyInfo
        self.public = made.public_key().public_bytes(serialization.Encoding.PEM, spki).decode()


class Server:
    """The server as a process of its own, over one data folder; `options` are its command's, `more` further settings."""

    def __init__(self, github: StandIn, key: Key, data: Path, *options: str, **more: str) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = int(free.getsockname()[1])
        self.data, self.log, self._options = data, data.parent / "server.log", options
        self._env = {k: v for k, v in os.environ.items() if not k.startswith("MAINSTAY_")} | {
            "MAINSTAY_APP_ID": str(github.hub.app),
            "MAINSTAY_PRIVATE_KEY": key.private,
            "MAINSTAY_WEBHOOK_SECRET": f"{SECRET}, older",
            "MAINSTAY_GITHUB_URL": github.url,
            "MAINSTAY_DATA": str(data),
            "MAINSTAY_PORT": str(self.port),
            "PYTHONFAULTHANDLER": "1",  # a crash says in the log where
            **more,
        }
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it is ready."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-P", "-m", "bot", "serve", *self._options], env=self._env, stdout=log, stderr=log
            )
        until(lambda: self.process is None or self.process.poll() is not None or self.ask("/readyz")[0] == 200)
        assert self.process.poll() is None, self.log.read_text()

    def worker(self, *program: str) -> subprocess.Popen[bytes]:
        """A worker beside it, of the same settings and in the same log; `program` stands for `-P -m bot`."""
        with self.log.open("ab") as log:
            command = [sys.executable, *(program or ("-P", "-m", "bot")), "worker"]
            return subprocess.Popen(command, env=self._env, stdout=log, stderr=log)

    def kill(self) -> None:
        """End it as a crash would."""
        assert self.process is not None
        self.process.kill()
        self.process.wait(timeout=10)

    def end(self) -> None:
        """End it in any case."""
        if self.process is not None and self.process.poll() is None:
            self.kill()

    def stop(self) -> int:
        """Ask it to stop, and give its exit code."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=40)

    def ask(self, path: str, body: bytes | None = None, **headers: str) -> tuple[int, str]:
        """The status and text of an answer; 0 where nobody answers."""
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", data=body)
        for name, value in headers.items():
            request.add_header(name.replace("_", "-"), value)
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310 - likewise
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as refused:
            with refused:
                return refused.code, refused.read().decode()
        except OSError:
            return 0, ""

    def deliver(self, told: dict[str, Any], event: str = "pull_request", secret: str = SECRET) -> int:
        """Send one delivery as GitHub does, and give the status of the answer."""
        return post(self.webhook, event, json.dumps(told).encode(), secret)

    @property
    def webhook(self) -> str:
        """Where deliveries go."""
        return f"http://127.0.0.1:{self.port}/webhook"


def until(true: Callable[[], bool], seconds: float = 60) -> None:
    """Wait until something holds."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not come about in time"
        time.sleep(0.05)


def told(hub: Hub, action: str = "opened", number: int = 1, **changed: Any) -> dict[str, Any]:
    """What GitHub tells of a pull request; `changed` as `telling.pull_event` has it."""
    return pull_event(hub, action, hub.pulls[number], **changed)
