"""The steps in which the App reviews one head of a pull request. What they answer lies in a database: ids, counts and outcomes alone.

The texts lie in a cache of the data folder from the fetching on, and are dropped when the review ends. A process that takes over where
another has died goes on from there; where the cache is another machine's, it fetches anew.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

import msgspec
import structlog
from msgspec import Struct

from ..adapters import github
from ..adapters.cache import BoundedCache
from ..adapters.jobs import Job, Kind, Later, Useless, Wanted
from ..config import choose
from ..events import PullAsked
from ..kit import prepare
from ..markers import Markers, key_from
from ..model import ChangeSet
from ..ports import Begun, PullRequest, Sources, Trouble
from ..strict import Mistake
from . import fetching, pulls
from .judging import Judging
from .recording import Recorder
from .settings import Settings

#: The kind of job that reviews a pull request.
REVIEW: Final = "review"
#: Bytes of texts that are kept at most for the reviews under way.
_KEPT: Final = 1_000_000_000
#: Refusals that may be others the next time: for the sake of a token, or of a limit.
_MAY_CHANGE: Final = (401, 429)
_log = structlog.get_logger("mainstay")


class Fetched(Struct, frozen=True):
    """What a review is made of: the pull request, its change, and what its base branch says of how it is to be reviewed."""

    pull: PullRequest
    change: ChangeSet
    texts: dict[str, str | None]
    folders: dict[str, dict[str, str]]
    origin: str


class Reviewing:
    """The steps, over one set of settings. `put` keeps a job; `judging` gives how texts are judged; `recorder` remembers."""

    def __init__(
        self,
        settings: Settings,
        put: Callable[[Wanted], str | None],
        judging: Callable[[Any], Judging],
        recorder: Recorder,
    ) -> None:
        self._settings, self._put, self._judging, self._recorder = settings, put, judging, recorder
        self._texts = BoundedCache(settings.data / "texts", _KEPT)
        self._app = github.App(settings.github_url, settings.app_id, settings.private_key, settings.network)
        self._reach = fetching.Reach(settings.github_url, settings.network, settings.data / "git")
        fetching.tidy(self._reach)
        self._made: dict[str, pulls.Made] = {}
        self._understood: dict[str, str] = {}  # the text of the repository's settings, by job
        self._fresh: set[str] = set()  # jobs that this process has begun itself
        self._tried: set[tuple[str, str]] = set()  # their steps that were begun
        self._lock = threading.Lock()

    def kind(self) -> Kind:
        """The steps in their order, with their names in the database."""
        steps = (
            ("begin", self.begin),
            ("fetch", self.fetch),
            ("judge", self.judge),
            ("beside", self.beside),
            ("on-files", self.on_files),
            ("answer", self.answer),
            ("sum-up", self.sum_up),
            ("end", self.end),
        )
        told = tuple((name, _told_step(work)) for name, work in steps)
        return Kind(_told(self.arrive), told, _told(self.replaced), _told_failed(self.failed))

    def arrive(self, job: Job) -> None:
        """Put a queued check on the head, so that everybody sees that a review will come."""
        asked = _asked(job)
        github.begin(self._client(asked), _unread(asked), "queued")

    def begin(self, job: Job, _so_far: Job) -> Job:
        """Look whether this head is still to be reviewed, and say that its review is under way."""
        asked = _asked(job)
        client = self._client(asked)
        pull = github.read_pull(client, asked.repository, asked.number, at_least=asked.head)
        check = github.begin(client, _unread(asked), lag=github.LAG)  # it stands there, unless its arrival failed
        over = self._over(asked, pull, check)
        if over:
            return over
        with self._lock:
            self._fresh.add(job["id"])
        return {"check": check, "base": pull.base, "merge_base": pull.merge_base}

    def fetch(self, job: Job, so_far: Job) -> Job:
        """Read both sides of the change, and the settings of the merge base."""
        try:
            fetched = self._fetch(job)
        except Mistake as mistake:  # its authors' own, which no further attempt mends
            asked = _asked(job)
            title = "Not reviewed: a mistake in the settings"
            begun = Begun(so_far["check"])
            github.end(self._client(asked), _unread(asked), "action_required", title, pulls.told(mistake), begun=begun)
            self._forget(job)
            return {"outcome": "mistake"}
        over = self._over(_asked(job), fetched.pull, so_far["check"])
        if over:
            self._forget(job)
            return over
        return {"files": len(fetched.change.files)}

    def judge(self, job: Job, _so_far: Job) -> Job:
        """Hold the change against the rules."""
        made = self._judge(job)
        return {"verdict": made.review.verdict, "findings": len(made.review.shown)}

    def beside(self, job: Job, _so_far: Job) -> Job:
        """Write what is missing of the comments beside lines."""
        written = github.write_beside(self._desk(job, "beside"), self._judge(job).plan.comments)
        return {"told": (*written.there, *written.written), "refused": written.refused}

    def on_files(self, job: Job, so_far: Job) -> Job:
        """Write on their files what has no line, or was refused beside it."""
        comments = self._judge(job).plan.comments
        written = github.write_on_files(self._desk(job, "on-files"), comments, so_far["refused"])
        return {"told": (*so_far["told"], *written.there, *written.written)}

    def answer(self, job: Job, _so_far: Job) -> Job:
        """Answer what is fixed."""
        answered = pulls.answer(self._desk(job, "answer"), self._judge(job))
        counts = {"fixed": len(answered.fixed), "resolved": len(answered.resolved)}
        return counts | {"answered": answered.fixed, "threads": answered.threads}

    def sum_up(self, job: Job, so_far: Job) -> Job:
        """Write the summary."""
        desk, made = self._desk(job, "sum-up"), self._judge(job)
        summed = pulls.sum_up(desk, made, so_far["told"], so_far["fixed"])
        return {"summary": summed.address, "summary_id": summed.id}

    def end(self, job: Job, so_far: Job) -> Job:
        """End the check with the verdict, remember what came of the review, and forget the texts."""
        asked, made = _asked(job), self._judge(job)
        begun = Begun(so_far["check"], self._lag(job, "end"))
        said = pulls.words(made.review, so_far["summary"])
        github.end(self._client(asked), made.pull, pulls.conclusion(made.review), *said, begun=begun)
        self._remember(job, made, so_far)
        self._forget(job)
        _log.info("reviewed", pull=job["key"], head=asked.head, verdict=made.review.verdict)
        return {"outcome": made.review.verdict}

    def replaced(self, job: Job) -> None:
        """End the check of a head that a newer one has replaced."""
        self._forget(job)
        with _if_anybody(job):
            self._skip(_asked(job), "a newer commit", "The newer commit is reviewed instead.")

    def failed(self, job: Job, why: str) -> None:
        """End the check of a job that is given up, so that nobody waits for it."""
        asked = _asked(job)
        self._forget(job)
        _log.error("review given up", pull=job["key"], head=asked.head, why=why)
        text = (
            "The process that reviewed it has died under it more than once."
            if why == "poison"
            else f"Mainstay could not review this head: {why}."
        )
        told = f"{text}\n\nIts job is {job['id']}."
        with _if_anybody(job):
            github.end(self._client(asked), _unread(asked), "neutral", "Not reviewed", told)

    # --- parts -----------------------------------------------------------------------------------------------------

    def _client(self, asked: PullAsked) -> github.Client:
        return self._app.client(asked.installation)

    def _over(self, asked: PullAsked, pull: PullRequest, check: int) -> Job:
        """The end of a job whose head is not to be reviewed, or not any more; empty for any other."""
        if pull.head != asked.head:
            self._skip(asked, "a newer commit", f"The newer commit {pull.head} is reviewed instead.", check)
            self._put(wanted(msgspec.structs.replace(asked, head=pull.head, again="")))
            return {"outcome": "superseded"}
        if pull.closed and not asked.again:
            self._skip(asked, "closed", "It was closed before it was reviewed.", check)
            return {"outcome": "skipped"}
        if asked.draft or (pull.draft and not asked.again):
            self._skip(asked, "a draft", "It is reviewed as soon as it is ready for review.", check)
            return {"outcome": "skipped"}
        return {}

    def _skip(self, asked: PullAsked, why: str, text: str, check: int = 0) -> None:
        title = f"Not reviewed: {why}"
        github.end(self._client(asked), _unread(asked), "skipped", title, text, begun=Begun(check))

    def _desk(self, job: Job, step: str) -> github.Desk:
        """Where this job writes."""
        made, client = self._judge(job), self._client(_asked(job))
        return github.Desk(client, self._app.author(client), made.pull, made.markers, self._lag(job, step))

    def _lag(self, job: Job, step: str) -> float:
        """Seconds for which GitHub may not show yet what an earlier attempt at a step has written; 0 where there was none."""
        name = str(job["id"])
        with self._lock:
            first = name in self._fresh and (name, step) not in self._tried
            self._tried.add((name, step))
        return 0.0 if first else github.LAG

    def _fetch(self, job: Job) -> Fetched:
        """What was kept of it, else all of it anew. Raises GitHubError, Mistake."""
        kept = self._texts.get(_key(job))
        if kept is not None:
            return msgspec.msgpack.decode(kept, type=Fetched)
        asked = _asked(job)
        client = self._client(asked)
        pull = github.read_pull(client, asked.repository, asked.number, at_least=asked.head)
        noted = _Noted(github.BaseSources(client, pull))
        prepare(noted)
        fetched = Fetched(pull, fetching.change(client, pull, self._reach), noted.texts, noted.folders, noted.origin)
        self._texts.put(_key(job), msgspec.msgpack.encode(fetched))
        return fetched

    def _judge(self, job: Job) -> pulls.Made:
        """The review, made once in this process."""
        with self._lock:
            made = self._made.get(job["id"])
        if made is None:
            fetched = self._fetch(job)
            kit = prepare(_Snapshot(fetched))
            key, *older = map(key_from, self._settings.keys)
            markers = Markers(fetched.pull.home, fetched.pull.number, key, tuple(older))
            made = pulls.make(fetched.pull, fetched.change, kit, markers, self._judging(kit.engine))
            with self._lock:
                self._made[job["id"]] = made
                self._understood[job["id"]] = _own_settings(fetched)
        return made

    def _remember(self, job: Job, made: pulls.Made, so_far: Job) -> None:
        """Keep what came of the review, and the settings that it was made by. It never fails."""
        self._recorder.review(job["id"], made.pull.number, made.review, so_far)
        with self._lock:
            text = self._understood.get(job["id"])
        if text is not None:
            self._recorder.keep_settings(made.pull.repository, made.pull.base_ref, text)

    def _forget(self, job: Job) -> None:
        with self._lock:
            self._made.pop(job["id"], None)
            self._understood.pop(job["id"], None)
            self._fresh.discard(job["id"])
            self._tried = {(name, step) for name, step in self._tried if name != job["id"]}
        self._texts.drop(_key(job))


def wanted(asked: PullAsked, settle: float = 0.0) -> Wanted:
    """The job for a review that is asked for; the same head is the same job, unless it is asked for again."""
    key = f"{asked.repository}#{asked.number}"
    special = "~draft" if asked.draft else f"~again-{asked.again}" if asked.again else ""
    return Wanted(REVIEW, key, f"{asked.head}{special}", msgspec.to_builtins(asked), settle)


class _Noted:
    """Sources that remember what they were asked."""

    def __init__(self, sources: Sources) -> None:
        self._sources, self.origin = sources, sources.origin
        self.texts: dict[str, str | None] = {}
        self.folders: dict[str, dict[str, str]] = {}

    def text(self, path: str) -> str | None:
        """The text of a file, None when it is absent."""
        self.texts[path] = self._sources.text(path)
        return self.texts[path]

    def folder(self, path: str) -> Mapping[str, str]:
        """The YAML files below a folder, by path."""
        self.folders[path] = dict(self._sources.folder(path))
        return self.folders[path]


class _Snapshot:
    """The answers that sources gave when a change was fetched."""

    def __init__(self, fetched: Fetched) -> None:
        self._fetched, self.origin = fetched, fetched.origin

    def text(self, path: str) -> str | None:
        """The text of a file, None when it was absent."""
        return self._fetched.texts.get(path)

    def folder(self, path: str) -> Mapping[str, str]:
        """The YAML files below a folder, by path."""
        return self._fetched.folders.get(path, {})


def _asked(job: Job) -> PullAsked:
    return msgspec.convert(dict(job["job"]), PullAsked)


def _unread(asked: PullAsked) -> PullRequest:
    """As much of a pull request as its check needs."""
    return PullRequest(asked.repository, asked.number, "", asked.head, "", 0, 0, 0)


def _own_settings(fetched: Fetched) -> str:
    """The text of the repository's own settings, empty where it has none."""
    texts = {name: text for name, text in fetched.texts.items() if text is not None}
    return texts.get(choose(texts)[0] or "", "")


@contextmanager
def _if_anybody(job: Job) -> Iterator[None]:
    """Tell how a job has ended, where GitHub does not refuse that: then nobody is left to be told, and it is not tried again."""
    try:
        yield
    except github.GitHubError as refused:
        if not 400 <= refused.status < 500 or refused.status in _MAY_CHANGE:
            raise
        _log.warning("nobody was told", pull=job["key"], job=job["id"], fault=refused.title)


def _key(job: Job) -> str:
    return f"fetched-{hashlib.sha256(str(job['id']).encode()).hexdigest()}"


# --- the last door of a step: what goes wrong is told in the log, and kept as a word -------------------------------


def _told_step(work: Callable[[Job, Job], Job]) -> Callable[[Job, Job], Job]:
    def step(job: Job, so_far: Job) -> Job:
        try:
            return work(job, so_far)
        except github.RateLimited as limited:
            raise Later(limited.seconds) from None
        except github.Gone as gone:
            raise Useless(gone.title) from None
        except Exception as fault:  # noqa: BLE001 - any fault is told, and the step tried again
            raise _in_a_word(job, fault) from None

    return step


def _told(work: Callable[[Job], None]) -> Callable[[Job], None]:
    def step(job: Job) -> None:
        try:
            work(job)
        except Exception as fault:  # noqa: BLE001 - as above
            raise _in_a_word(job, fault) from None

    return step


def _told_failed(work: Callable[[Job, str], None]) -> Callable[[Job, str], None]:
    def step(job: Job, why: str) -> None:
        try:
            work(job, why)
        except Exception as fault:  # noqa: BLE001 - as above
            raise _in_a_word(job, fault) from None

    return step


class StepFailed(Exception):
    """A step has failed. It is kept in the database, so it says of what kind and nothing else."""


def _in_a_word(job: Job, fault: Exception) -> Exception:
    """What is raised instead of a fault, whose own text may quote anybody's code."""
    if isinstance(fault, (Later, Useless)):
        return fault
    word = fault.title if isinstance(fault, Trouble) else type(fault).__name__
    _log.warning("step failed", pull=job["key"], job=job["id"], fault=word)
    return StepFailed(word)
