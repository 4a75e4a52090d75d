"""`mainstay serve`: the GitHub App. A signed delivery becomes a durable job, a job a review in its pull request."""

from __future__ import annotations

import hmac
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import click
import msgspec
import structlog

from .. import events
from ..events import EventError, PullAsked
from ..markers import Markers, key_from
from ..strict import Mistake
from .settings import Settings, read

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response

    from ..adapters.jobs import Job, Jobs

#: GitHub sends at most 25 MB: https://docs.github.com/en/webhooks/webhook-events-and-payloads#payload-cap
_LARGEST: Final = 25_000_000
#: Seconds for what runs when the server is asked to stop.
_GRACE: Final = 20
_SIGNED: Final = "sha256="
_log = structlog.get_logger("mainstay")


@click.command("serve")
def command() -> int:
    """Run the GitHub App: take its deliveries at POST /webhook and review the pull requests that they tell of.

    It is set up by the environment: MAINSTAY_APP_ID, MAINSTAY_PRIVATE_KEY or MAINSTAY_PRIVATE_KEY_FILE,
    MAINSTAY_WEBHOOK_SECRET, MAINSTAY_GITHUB_URL, MAINSTAY_DATA, MAINSTAY_HOST, MAINSTAY_PORT.
    """
    settings = read(os.environ)
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.processors.JSONRenderer(),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    try:
        import uvicorn

        from ..adapters.jobs import Jobs
    except ModuleNotFoundError as missing:
        raise click.UsageError("Install what the server needs: pip install 'mainstay-review[server]'.") from missing
    jobs = Jobs(settings.data, partial(attempt, settings), partial(give_up, settings))
    app = application(settings, jobs)
    for asked_to_stop in (
        signal.SIGTERM,
        signal.SIGINT,
    ):  # uvicorn stops in good order, and then raises what it was told again
        signal.signal(asked_to_stop, lambda *_: None)
    uvicorn.run(
        app,
        host=settings.host,
        port=settings.port,
        log_level="warning",
        timeout_graceful_shutdown=_GRACE,
        server_header=False,
    )
    return 0


# --- deliveries ----------------------------------------------------------------------------------------------------


def application(settings: Settings, jobs: Jobs) -> Starlette:
    """The web application over the jobs, which live as long as it does."""
    from starlette.applications import Starlette
    from starlette.concurrency import run_in_threadpool
    from starlette.responses import PlainTextResponse
    from starlette.routing import Route

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        await run_in_threadpool(jobs.start)
        try:
            yield
        finally:
            await run_in_threadpool(jobs.stop, _GRACE)

    async def webhook(request: Request) -> Response:
        return await _take(request, settings, jobs)

    async def healthz(_request: Request) -> Response:
        return PlainTextResponse("alive\n")

    def readyz(_request: Request) -> Response:
        return PlainTextResponse("ready\n") if jobs.answers() else PlainTextResponse("the store does not answer\n", 503)

    routes = [Route("/webhook", webhook, methods=["POST"]), Route("/healthz", healthz), Route("/readyz", readyz)]
    return Starlette(routes=routes, lifespan=lifespan)


async def _take(request: Request, settings: Settings, jobs: Jobs) -> Response:
    """Answer one delivery: 202 kept, 204 not for us, 400, 401 or 413 refused, 503 could not be kept (GitHub shows it as failed)."""
    from starlette.concurrency import run_in_threadpool
    from starlette.responses import PlainTextResponse, Response

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
    if asked is None:
        return Response(status_code=204)
    key = f"{asked.repository}#{asked.number}"
    try:
        special = "~draft" if asked.draft else f"~again-{asked.again}" if asked.again else ""
        name = f"{key}@{asked.head}{special}"
        await run_in_threadpool(jobs.put, name, key, msgspec.to_builtins(asked))
    except Exception as fault:  # noqa: BLE001 - the last door: a delivery that could not be kept is refused, never lost in silence
        _log.error("delivery not kept", pull=key, fault=type(fault).__name__)
        return PlainTextResponse("could not be kept\n", 503)
    _log.info("delivery kept", pull=key, head=asked.head)
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


# --- jobs ----------------------------------------------------------------------------------------------------------


class AttemptFailed(Exception):
    """An attempt has failed. It is kept in the database, so it says of what kind and nothing else."""


def attempt(settings: Settings, job: Job) -> Job:
    """Try to review; what keeps it from being done is told in the log. Raises AttemptFailed."""
    try:
        return review(settings, job)
    except Exception as fault:  # noqa: BLE001 - the last door of a job: any fault is told, and the job tried again
        kind = type(fault).__name__
        _log.warning("attempt failed", pull=f"{job['repository']}#{job['number']}", head=job["head"], fault=kind)
        raise AttemptFailed(kind) from None


def review(settings: Settings, job: Job) -> Job:
    """Review one pull request at one head and write what was found. Raises what kept it from being done."""
    from ..adapters import github
    from . import pulls

    asked = msgspec.convert(dict(job), PullAsked)
    client = github.installed(settings.github_url, settings.app_id, settings.private_key, asked.installation)
    pull = github.read_pull(client, asked.repository, asked.number, at_least=asked.head)
    if pull.head != asked.head:
        old = msgspec.structs.replace(pull, head=asked.head)
        github.end(
            client, old, "skipped", "Not reviewed: a newer commit", f"The newer commit {pull.head} is reviewed instead."
        )
        return {"outcome": "superseded", "by": pull.head}
    if asked.draft:
        github.end(
            client, pull, "skipped", "Not reviewed: a draft", "It is reviewed as soon as it is ready for review."
        )
        return {"outcome": "skipped"}
    github.begin(client, pull)
    markers = Markers(pull.repository, pull.number, key_from(settings.private_key))
    try:
        result, comments = pulls.judge(client, pull, markers)
    except Mistake as mistake:  # its authors' own, which no further attempt mends
        github.end(client, pull, "action_required", "Not reviewed: a mistake in the settings", pulls.told(mistake))
        return {"outcome": "mistake"}
    me = github.account(settings.github_url, settings.app_id, settings.private_key, client)
    posted = pulls.write(client, me, pull, markers, result, comments)
    github.end(client, pull, pulls.conclusion(result), *pulls.words(result, posted))
    _log.info("reviewed", pull=f"{asked.repository}#{asked.number}", head=asked.head, verdict=result.verdict)
    return {"outcome": result.verdict, "written": len(posted.written), "findings": len(result.shown)}


def give_up(settings: Settings, job: Job) -> None:
    """End the check of a job that failed for good, so that nobody waits for it."""
    from ..adapters import github

    asked = msgspec.convert(dict(job), PullAsked)
    _log.error("review given up", pull=f"{asked.repository}#{asked.number}", head=asked.head)
    client = github.installed(settings.github_url, settings.app_id, settings.private_key, asked.installation)
    pull = _unread(asked)
    github.end(client, pull, "neutral", "Not reviewed", "Mainstay could not review this head: it failed several times.")


def _unread(asked: PullAsked) -> Any:
    """As much of a pull request as its check needs."""
    from ..ports import PullRequest

    return PullRequest(asked.repository, asked.number, "", asked.head, "", 0, 0, 0)
