"""The steps in which the App reviews one head of a pull request. What they answer lies in a database: ids, counts and outcomes alone.

The texts lie in a cache of the data folder from the fetching on, and are dropped when the review ends. A process that takes over where
another has died goes on from there; where the cache is another machine's, it fetches anew.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Mapping
from typing import Any, Concatenate, Final, ParamSpec, TypeVar

import msgspec
import structlog
from msgspec import Struct

from ..adapters import github
from ..adapters.cache import BoundedCache
from ..adapters.jobs import Job, Kind, Later, Useless, Wanted
from ..events import PullAsked
from ..kit import prepare
from ..markers import Markers, key_from
from ..model import ChangeSet
from ..ports import Begun, PullRequest, Sources, Trouble
from ..strict import Mistake
from . import pulls
from .judging import Judging
from .settings import Settings

#: The kind of job that reviews a pull request.
REVIEW: Final = "review"
#: Bytes of texts that are kept at most for the reviews under way.
_KEPT: Final = 1_000_000_000
_log = structlog.get_logger("mainstay")
_More = ParamSpec("_More")
_Answer = TypeVar("_Answer")


class Fetched(Struct, frozen=True):
    """What a review is made of: the pull request, its change, and what its base branch says of how it is to be reviewed."""

    pull: PullRequest
    change: ChangeSet
    texts: dict[str, str | None]
    folders: dict[str, dict[str, str]]
    origin: str


class Reviewing:
    """The steps, over one set of settings. `put` keeps a job; `judging` gives how texts are judged."""

    def __init__(
        self, settings: Settings, put: Callable[[Wanted], str | None], judging: Callable[[Any], Judging]
    ) -> None:
        self._settings, self._put, self._judging = settings, put, judging
        self._texts = BoundedCache(settings.data / "texts", _KEPT)
        self._app = github.App(settings.github_url, settings.app_id, settings.private_key, settings.network)
        self._made: dict[str, pulls.Made] = {}
        self._fresh: set[str] = set()  # jobs of which this process has done a step itself
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
        told = tuple((name, _told(self._noted(work))) for name, work in steps)
        return Kind(_told(self.arrive), told, _told(self.replaced), _told(self.failed))

    def arrive(self, job: Job) -> Job:
        """Put a queued check on the head, so that everybody sees that a review will come."""
        asked = _asked(job)
        check = github.begin(self._client(asked), _unread(asked), "queued", Begun(0, self._lag(job, "arrive")))
        with self._lock:
            self._tried.discard((job["id"], "arrive"))
        return {"check": check}

    def begin(self, job: Job, _so_far: Job) -> Job:
        """Look whether this head is still to be reviewed, and say that its review is under way."""
        asked = _asked(job)
        client = self._client(asked)
        pull = github.read_pull(client, asked.repository, asked.number, at_least=asked.head)
        if pull.head != asked.head:
            self._skip(job, "a newer commit", f"The newer commit {pull.head} is reviewed instead.")
            self._put(wanted(msgspec.structs.replace(asked, head=pull.head, again="")))
            return {"outcome": "superseded"}
        if asked.draft:
            self._skip(job, "a draft", "It is reviewed as soon as it is ready for review.")
            return {"outcome": "skipped"}
        check = github.begin(client, _unread(asked), begun=_begun(job))
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
        return {"files": len(fetched.change.files)}

    def judge(self, job: Job, _so_far: Job) -> Job:
        """Hold the change against the rules."""
        made = self._judge(job)
        return {"verdict": made.review.verdict, "findings": len(made.review.shown)}

    def beside(self, job: Job, _so_far: Job) -> Job:
        """Write what is missing of the comments beside lines."""
        written = github.write_beside(self._desk(job, "beside"), self._judge(job).plan.comments)
        return {"told": (*written.there, *written.written), "there": written.there, "refused": written.refused}

    def on_files(self, job: Job, so_far: Job) -> Job:
        """Write on their files what has no line, or was refused beside it."""
        comments = self._judge(job).plan.comments
        written = github.write_on_files(self._desk(job, "on-files"), comments, so_far["refused"])
        return {"told": (*so_far["told"], *written.there, *written.written)}

    def answer(self, job: Job, so_far: Job) -> Job:
        """Answer what is fixed."""
        answered = pulls.answer(self._desk(job, "answer"), self._judge(job), so_far["there"])
        return {"fixed": len(answered.fixed), "resolved": len(answered.resolved)}

    def sum_up(self, job: Job, so_far: Job) -> Job:
        """Write the summary."""
        desk, made = self._desk(job, "sum-up"), self._judge(job)
        return {"summary": pulls.sum_up(desk, made, so_far["told"], so_far["fixed"]).address}

    def end(self, job: Job, so_far: Job) -> Job:
        """End the check with the verdict, and forget the texts."""
        asked, made = _asked(job), self._judge(job)
        begun = Begun(so_far["check"], self._lag(job, "end"))
        said = pulls.words(made.review, so_far["summary"])
        github.end(self._client(asked), made.pull, pulls.conclusion(made.review), *said, begun=begun)
        self._forget(job)
        _log.info("reviewed", pull=job["key"], head=asked.head, verdict=made.review.verdict)
        return {"outcome": made.review.verdict}

    def replaced(self, job: Job) -> None:
        """End the check of a head that a newer one has replaced."""
        self._forget(job)
        self._skip(job, "a newer commit", "The newer commit is reviewed instead.")

    def failed(self, job: Job, why: str) -> None:
        """End the check of a job that is given up, so that nobody waits for it."""
        asked = _asked(job)
        self._forget(job)
        _log.error("review given up", pull=job["key"], head=asked.head, why=why)
        text = (
            "The process that reviewed it has died under it more than once."
            if why == "poison"
            else "Mainstay could not review this head: it failed several times."
        )
        text += f"\n\nIts job is {job['id']}."
        github.end(self._client(asked), _unread(asked), "neutral", "Not reviewed", text, begun=_begun(job))

    # --- parts -----------------------------------------------------------------------------------------------------

    def _client(self, asked: PullAsked) -> github.Client:
        return self._app.client(asked.installation)

    def _skip(self, job: Job, why: str, text: str) -> None:
        asked = _asked(job)
        github.end(self._client(asked), _unread(asked), "skipped", f"Not reviewed: {why}", text, begun=_begun(job))

    def _noted(self, work: Callable[[Job, Job], Job]) -> Callable[[Job, Job], Job]:
        """A step after which it is known that those to come are begun here for the first time."""

        def step(job: Job, so_far: Job) -> Job:
            answer = work(job, so_far)
            if "outcome" not in answer:
                with self._lock:
                    self._fresh.add(job["id"])
            return answer

        return step

    def _desk(self, job: Job, step: str) -> github.Desk:
        """Where this job writes."""
        made, client = self._judge(job), self._client(_asked(job))
        return github.Desk(client, self._app.author(client), made.pull, made.markers, self._lag(job, step))

    def _lag(self, job: Job, step: str) -> float:
        """Seconds for which GitHub may not show yet what an earlier attempt at a step has written; 0 where there was none.

        Steps are recorded one after the other, so another process may have begun only the first one that this process comes to.
        """
        name = str(job["id"])
        with self._lock:
            first = (job["attempt"] == 1 or name in self._fresh) and (name, step) not in self._tried
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
        fetched = Fetched(pull, github.read_change(client, pull), noted.texts, noted.folders, noted.origin)
        self._texts.put(_key(job), msgspec.msgpack.encode(fetched))
        return fetched

    def _judge(self, job: Job) -> pulls.Made:
        """The review, made once in this process."""
        with self._lock:
            made = self._made.get(job["id"])
        if made is None:
            fetched = self._fetch(job)
            kit = prepare(_Snapshot(fetched))
            markers = Markers(fetched.pull.repository, fetched.pull.number, key_from(self._settings.private_key))
            made = pulls.make(fetched.pull, fetched.change, kit, markers, self._judging(kit.engine))
            with self._lock:
                self._made[job["id"]] = made
        return made

    def _forget(self, job: Job) -> None:
        with self._lock:
            self._made.pop(job["id"], None)
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


def _begun(job: Job) -> Begun:
    """The check that the job's arrival has put on the head; where that failed, it has to be looked for."""
    return Begun(int(job.get("arrived", {}).get("check", 0)), github.LAG)


def _unread(asked: PullAsked) -> PullRequest:
    """As much of a pull request as its check needs."""
    return PullRequest(asked.repository, asked.number, "", asked.head, "", 0, 0, 0)


def _key(job: Job) -> str:
    return f"fetched-{hashlib.sha256(str(job['id']).encode()).hexdigest()}"


# --- the last door of a step: what goes wrong is told in the log, and kept as a word -------------------------------


def _told(work: Callable[Concatenate[Job, _More], _Answer]) -> Callable[Concatenate[Job, _More], _Answer]:
    def step(job: Job, /, *more: _More.args, **named: _More.kwargs) -> _Answer:
        try:
            return work(job, *more, **named)
        except Exception as fault:  # noqa: BLE001 - any fault is told, and the step tried again
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
