"""The steps in which the App reviews one head of a pull request. What they answer lies in a database: ids, counts and outcomes alone.

The texts lie in a cache of the data folder from the fetching on, and are dropped when the review ends. A process that takes over where
another has died goes on from there; where the cache is another machine's, it fetches anew.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable
from typing import Any, Final

import msgspec
import structlog
from msgspec import Struct

from .. import triggers
from ..adapters import github
from ..adapters.cache import BoundedCache
from ..adapters.jobs import Job, Kind, Wanted
from ..events import PullAsked
from ..markers import Markers, key_from
from ..model import ChangeSet
from ..ports import Begun, PullRequest, Shown
from ..render import checks, comments
from ..strict import Mistake
from ..triggers import Skip
from . import fetching, pulls
from .asking import replaced_by, wanted
from .deciding import Ground, Grounds
from .judging import Judging
from .recording import LastGoodSettings, Recorder
from .settings import Settings
from .steps import begun, guarded, if_anybody

#: Nothing besides a check's title and text.
_NOTHING: Final = Shown()
#: Bytes of texts that are kept at most for the reviews under way.
_KEPT: Final = 1_000_000_000
_log = structlog.get_logger("mainstay")


class Fetched(Struct, frozen=True):
    """What a review is made of: the pull request and its change."""

    pull: PullRequest
    change: ChangeSet


class Reviewing:
    """The steps, over one set of settings.

    `put` keeps a job; `judging` gives how texts are judged; `recorder` remembers; `newest` tells which version was asked for last of a key.
    """

    def __init__(
        self,
        settings: Settings,
        put: Callable[[Wanted], str | None],
        judging: Callable[[Any], Judging],
        recorder: Recorder,
        newest: Callable[[str], str | None],
    ) -> None:
        self._settings, self._put, self._judging, self._newest = settings, put, judging, newest
        self._recorder, self._texts = recorder, BoundedCache(settings.data / "texts", _KEPT)
        self.grounds = Grounds(self._texts, LastGoodSettings(recorder))
        self.app = github.App(settings.github_url, settings.app_id, settings.private_key, settings.network)
        self._reach = fetching.Reach(settings.github_url, settings.network, settings.data / "git")
        fetching.tidy(self._reach)
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
        return guarded(
            self.arrive, tuple((name, self._noted(work)) for name, work in steps), self.replaced, self.failed
        )

    def arrive(self, job: Job) -> Job:
        """Put a queued check on the head, so that everybody sees that a review will come."""
        asked = _asked(job)
        if asked.stops:
            return {}
        check = github.begin(self._client(asked), _unread(asked), "queued", Begun(0, self._lag(job, "arrive")))
        with self._lock:
            self._tried.discard((job["id"], "arrive"))
        return {"check": check}

    def begin(self, job: Job, _so_far: Job) -> Job:
        """Look whether this head is still to be reviewed, and the settings want it, and say that its review is under way."""
        asked = _asked(job)
        client = self._client(asked)
        if asked.stops:  # all that it had to do was to replace what was under way
            about = github.circumstances(client, asked.repository, asked.number)
            if triggers.is_over(about, asked):
                self._put(wanted(msgspec.structs.replace(asked, head=about.head, draft=about.draft, why="")))
            return {"outcome": "stopped"}
        pull = github.read_pull(client, asked.repository, asked.number, at_least=asked.head)
        if pull.head != asked.head:
            return self._supersede(job, pull, begun(job))
        ended = self._decide(job, asked, pull)
        if ended:
            self._forget(job)
            return {"outcome": ended}
        check = github.begin(client, _unread(asked), begun=begun(job))
        # Until now another may have written: the review before this one, or this one before it was put off.
        began = time.time() if int(job["number"]) > 1 or job["again"] else 0.0
        return {"check": check, "base": pull.base, "merge_base": pull.merge_base, "began": began}

    def fetch(self, job: Job, so_far: Job) -> Job:
        """Read both sides of the change."""
        asked, fetched = _asked(job), self._fetch(job)
        if fetched.pull.head != asked.head:
            self._forget(job)
            return self._supersede(job, fetched.pull, Begun(so_far["check"]))
        return {"files": len(fetched.change.files)}

    def judge(self, job: Job, so_far: Job) -> Job:
        """Hold the change against the rules."""
        asked, made = _asked(job), self._judge(job)
        about = self._ground(job, made.pull).about
        if not asked.by_hand and triggers.is_bot(made.asked, about) and pulls.is_idle(made.review):
            self._skip(job, triggers.IDLE_BOT, Begun(so_far["check"]), checks.OFFERED)
            self._forget(job)
            return {"outcome": "skipped"}
        return {"verdict": made.review.verdict, "findings": len(made.review.shown)}

    def beside(self, job: Job, so_far: Job) -> Job:
        """Write what is missing of the comments beside lines, once GitHub tells what the review before this one has written."""
        time.sleep(min(github.LAG, max(0.0, so_far["began"] + github.LAG - time.time())))
        written = github.write_beside(self._desk(job, "beside"), self._judge(job).plan.comments)
        return {"told": (*written.there, *written.written), "there": written.there, "refused": written.refused}

    def on_files(self, job: Job, so_far: Job) -> Job:
        """Write on their files what has no line, or was refused beside it, and the fixes that were asked for."""
        desk, plan = self._desk(job, "on-files"), self._judge(job).plan
        written = github.write_on_files(desk, plan.comments, so_far["refused"])
        spare = (c for c in plan.spare if c.fingerprint in so_far["there"])
        suggested = github.write_suggestions(desk, (*plan.suggestions, *spare))
        return {"told": (*so_far["told"], *written.there, *written.written), "suggested": len(suggested.written)}

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
        stands = Begun(so_far["check"], self._lag(job, "end"))
        said = pulls.words(made, so_far["summary"])
        github.end(self._client(asked), made.pull, pulls.conclusion(made), *said, begun=stands)
        self._recorder.review(job["id"], made.pull.number, made.review, so_far)
        self._forget(job)
        _log.info("reviewed", pull=job["key"], head=asked.head, verdict=made.review.verdict)
        return {"outcome": made.review.verdict}

    def replaced(self, job: Job) -> None:
        """End the check of a review that something newer has ended, and say what that is."""
        self._forget(job)
        asked = _asked(job)
        skip = replaced_by(self._newest(job["key"]) or "", asked.head)
        if skip is not None and not asked.stops:
            with if_anybody(job):
                self._skip(job, skip, begun(job))

    def failed(self, job: Job, why: str) -> None:
        """End the check of a job that is given up, so that nobody waits for it."""
        asked, settings = _asked(job), self.grounds.asked(str(job["id"]))
        self._forget(job)
        _log.error("review given up", pull=job["key"], head=asked.head, why=why)
        if asked.stops:
            return
        text = (
            "The process that reviewed it has died under it more than once."
            if why == "poison"
            else f"Mainstay could not review this head: {why}."
        )
        conclusion, told = pulls.unreviewed(settings), f"{text}\n\nIts job is {job['id']}."
        with if_anybody(job):
            github.end(self._client(asked), _unread(asked), conclusion, "Not reviewed", told, begun=begun(job))

    # --- parts -----------------------------------------------------------------------------------------------------

    def _client(self, asked: PullAsked) -> github.Client:
        return self.app.client(asked.installation)

    def _supersede(self, job: Job, pull: PullRequest, stands: Begun) -> Job:
        """Leave a head to the newer one."""
        asked = _asked(job)
        self._skip(job, triggers.superseded(pull.head), stands)
        self._put(wanted(msgspec.structs.replace(asked, head=pull.head, again="")))
        return {"outcome": "superseded"}

    def _decide(self, job: Job, asked: PullAsked, pull: PullRequest) -> str:
        """End the check where the settings want no review, or none can be read; the outcome, "" where there is to be a review."""
        client = self._client(asked)
        self.grounds.forget(str(job["id"]))  # an attempt before this one may have read what is no longer so
        try:
            ground = self._ground(job, pull)
        except Mistake as mistake:  # its authors' own, which no further attempt mends
            title = "Not reviewed: a mistake in the settings"
            github.end(client, pull, "action_required", title, pulls.told(str(mistake)), begun=begun(job))
            return "mistake"
        skip = triggers.skip(ground.kit().config.pull_requests, ground.about, asked, int(job["number"]) - 1)
        if skip is None:
            return ""
        if skip.paused:
            desk = github.Desk(client, self.app.author(client), pull, self._markers(pull), github.LAG)
            github.sum_up(desk, comments.paused(desk.markers, github.summed_up(desk), skip.why, skip.how))
        self._skip(job, skip, begun(job), checks.OFFERED if ground.about.open else _NOTHING)
        return "skipped"

    def _skip(self, job: Job, skip: Skip, stands: Begun, shown: Shown = _NOTHING) -> None:
        asked, title = _asked(job), f"Not reviewed: {skip.why}"
        github.end(self._client(asked), _unread(asked), "skipped", title, skip.how, shown, stands)

    def _ground(self, job: Job, pull: PullRequest) -> Ground:
        return self.grounds.of(str(job["id"]), self._client(_asked(job)), pull)

    def _markers(self, pull: PullRequest) -> Markers:
        key, *older = map(key_from, self._settings.keys)
        return Markers(pull.home, pull.number, key, tuple(older))

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
        return github.Desk(client, self.app.author(client), made.pull, made.markers, self._lag(job, step))

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
        """What was kept of it, else all of it anew. Raises GitHubError."""
        kept = self._texts.get(_key(job))
        if kept is not None:
            return msgspec.msgpack.decode(kept, type=Fetched)
        asked = _asked(job)
        client = self._client(asked)
        pull = github.read_pull(client, asked.repository, asked.number, at_least=asked.head)
        fetched = Fetched(pull, fetching.change(client, pull, self._reach))
        self._texts.put(_key(job), msgspec.msgpack.encode(fetched))
        return fetched

    def _judge(self, job: Job) -> pulls.Made:
        """The review, made once in this process."""
        with self._lock:
            made = self._made.get(job["id"])
        if made is None:
            fetched = self._fetch(job)
            kit, markers = self._ground(job, fetched.pull).kit(), self._markers(fetched.pull)
            judging, fixes = self._judging(kit.engine), _asked(job).fixes
            made = pulls.make(fetched.pull, fetched.change, kit, markers, judging, fixes=fixes)
            with self._lock:
                self._made[job["id"]] = made
        return made

    def _forget(self, job: Job) -> None:
        with self._lock:
            self._made.pop(job["id"], None)
            self._fresh.discard(job["id"])
            self._tried = {(name, step) for name, step in self._tried if name != job["id"]}
        self._texts.drop(_key(job))
        self.grounds.forget(str(job["id"]))


def _asked(job: Job) -> PullAsked:
    return msgspec.convert(dict(job["job"]), PullAsked)


def _unread(asked: PullAsked) -> PullRequest:
    """As much of a pull request as its check needs."""
    return PullRequest(asked.repository, asked.number, "", asked.head, "", 0, 0, 0)


def _key(job: Job) -> str:
    return f"fetched-{hashlib.sha256(str(job['id']).encode()).hexdigest()}"
