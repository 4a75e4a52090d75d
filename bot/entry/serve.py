"""`mainstay serve`: takes the GitHub App's deliveries. A signed one becomes a durable job, which a worker does in a process of its own."""

from __future__ import annotations

import hmac
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click
import structlog

from .. import events
from ..events import EventError
from . import health, journal, work
from .health import CHECK_OPTION
from .settings import OPTION, Settings, read

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response

    from ..adapters.jobs import Desk

#: GitHub sends at most 25 MB: https://docs.github.com/en/webhooks/webhook-events-and-payloads#payload-cap
_LARGEST: Final = 25_000_000
#: Seconds for deliveries that are under way when the server is asked to stop.
GRACE: Final = 5
#: Seconds before a worker that has died is started anew.
_PAUSE: Final = 1.0
_SIGNED: Final = "sha256="
_log = structlog.get_logger("mainstay")


@click.command("serve")
@OPTION
@click.option(
    "--worker/--no-worker", default=True, help="Whether a worker is started, too. Without: `mainstay worker`."
)
@CHECK_OPTION
def command(*, file: Path | None, worker: bool, check: bool) -> int:
    """Run the GitHub App: take its deliveries at POST /webhook and review the pull requests that they tell of.

    It is set up by the environment or a file: MAINSTAY_APP_ID, MAINSTAY_PRIVATE_KEY or MAINSTAY_PRIVATE_KEY_FILE,
    MAINSTAY_WEBHOOK_SECRET, MAINSTAY_GITHUB_URL, DATABASE_URL, MAINSTAY_DATA, MAINSTAY_HOST, MAINSTAY_PORT and more
    (docs/operations.md). `mainstay setup` makes such a file.
    """
    settings = read(os.environ, file)
    if check:
        return health.check(settings, server=True, worker=worker)
    journal.start()
    try:
        import uvicorn

        from ..adapters.jobs import Desk
    except ModuleNotFoundError as missing:
        raise click.UsageError("Install what the server needs: pip install 'mainstay-review[server]'.") from missing
    work.make_folder(settings.data)
    desk = Desk(settings.database)
    for asked_to_stop in (
        signal.SIGTERM,
        signal.SIGINT,
    ):  # uvicorn stops in good order, and then raises what it was told again
        signal.signal(asked_to_stop, lambda *_: None)
    with _Beside(file, settings.database, wanted=worker):
        uvicorn.run(
            application(settings, desk),
            host=settings.host,
            port=settings.port,
            log_level="warning",
            timeout_graceful_shutdown=GRACE,
            server_header=False,
        )
    desk.close()
    return 0


class _Beside:
    """A worker beside the server while the with-block lasts, started anew whenever it dies or hangs."""

    def __init__(self, file: Path | None, database: str, *, wanted: bool) -> None:
        self._database = database
        self._settings = ["--settings", str(file)] if file else []
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._keep, daemon=True) if wanted else None

    def __enter__(self) -> None:
        if self._thread is not None:
            self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(work.GRACE + 10)

    def _keep(self) -> None:
        while not self._stopping.is_set():
            code = self._run()
            if not self._stopping.is_set():
                _log.error("the worker has ended, and is started anew", code=code)
                self._stopping.wait(_PAUSE)

    def _run(self) -> int:
        """One worker's life. It stops when its input ends, which happens also when the server is killed."""
        with subprocess.Popen(
            [sys.executable, "-P", "-m", "bot", "worker", "--with-server", *self._settings],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
        ) as process:
            pulse = health.Pulse(self._database)
            while process.poll() is None and not self._stopping.wait(0.2) and not pulse.is_lost():
                pass
            if process.stdin is not None:
                process.stdin.close()
            try:
                return process.wait(work.GRACE + 5)
            except subprocess.TimeoutExpired:
                process.kill()
                return process.wait(5)


def application(settings: Settings, desk: Desk) -> Starlette:
    """The web application, which keeps what it is told as jobs."""
    from starlette.applications import Starlette
    from starlette.responses import PlainTextResponse
    from starlette.routing import Route

    async def webhook(request: Request) -> Response:
        return await _take(request, settings, desk)

    async def healthz(_request: Request) -> Response:
        return PlainTextResponse("alive\n")

    def readyz(_request: Request) -> Response:
        return PlainTextResponse("ready\n") if desk.answers() else PlainTextResponse("the store does not answer\n", 503)

    routes = [Route("/webhook", webhook, methods=["POST"]), Route("/healthz", healthz), Route("/readyz", readyz)]
    return Starlette(routes=routes)


async def _take(request: Request, settings: Settings, desk: Desk) -> Response:
    """Answer one delivery: 202 kept, 204 not for us, 400, 401 or 413 refused, 503 could not be kept (GitHub shows it as failed)."""
    from starlette.concurrency import run_in_threadpool
    from starlette.responses import PlainTextResponse, Response

    from .asking import wanted

    body = await _body(request)
    if body is None:
        return PlainTextResponse("too large\n", 413)
    if not is_signed(body, request.headers.get("X-Hub-Signature-256", ""), settings.secrets):
        return PlainTextResponse("not signed by a secret that is known here\n", 401)
    try:
        asked = events.read(
            request.headers.get("X-GitHub-Event", ""), body, request.headers.get("X-GitHub-Delivery", "")
        )
    except EventError:
        return PlainTextResponse("not a delivery as GitHub sends it\n", 400)
    if not asked:
        return Response(status_code=204)
    for job in (wanted(each, settings.settle) for each in asked):
        try:
            name = await run_in_threadpool(desk.put, job)
        except Exception as fault:  # noqa: BLE001 - the last door: a delivery that could not be kept is refused, never lost in silence
            _log.error("delivery not kept", pull=job.key, fault=type(fault).__name__)
            return PlainTextResponse("could not be kept\n", 503)
        _log.info("delivery kept" if name else "delivery known", pull=job.key, version=job.version, job=name)
    return PlainTextResponse("kept\n", 202)


async def _body(request: Request) -> bytes | None:
    """The body, None as soon as it is larger than any that GitHub sends."""
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > _LARGEST:
            return None
        parts.append(part)
    return b"".join(parts)


def is_signed(body: bytes, signature: str, secrets: tuple[str, ...]) -> bool:
    """True for a body that was signed with one of the secrets; each is compared in constant time."""
    given = signature.removeprefix(_SIGNED).encode()
    made = [hmac.digest(secret.encode(), body, "sha256").hex().encode() for secret in secrets]
    return signature.startswith(_SIGNED) and any(hmac.compare_digest(given, own) for own in made)
