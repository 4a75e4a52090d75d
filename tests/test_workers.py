"""Judging in other processes: a worker that dies, hangs or never starts costs one text, never the review."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from bot.adapters.workers import CRASHED, SLOW, Team, WorkerError, judge_all
from bot.entry.judging import Judging
from bot.judge import Judgement, decode_source, encode_source, judge
from bot.kit import engine_of, prepare
from bot.languages import languages
from bot.model import ChangeSet, FileChange, Hunk, SourceFile
from bot.service import Options, review

#: Answers each text in capitals; dies or hangs when a text says so.
PARROT = """
import os, sys, time
sys.path.insert(0, {top!r})
from bot.adapters.workers import read_frame, write_frame
read_frame(sys.stdin.buffer)
write_frame(sys.stdout.buffer, b"")
while (text := read_frame(sys.stdin.buffer)) is not None:
    if text == b"die":
        os.kill(os.getpid(), 9)
    while text == b"hang":
        time.sleep(60)
    write_frame(sys.stdout.buffer, text.upper())
"""
ENDINGS = {"python": "py", "java": "java", "go": "go"}
FAULTY = SourceFile("app/rates.py", "python", "import requests\n\n\ndef load(url):\n    return requests.get(url)\n")
NESTED = "({" * 499_999


def team(program: str, count: int = 2, seconds: float = 60.0) -> Team:
    """Workers that run a program of these tests."""
    return Team((sys.executable, "-c", program.format(top=str(Path(__file__).parents[1]))), b"{}", count, seconds)


def test_answers_come_in_the_order_of_the_texts() -> None:
    texts = [str(n).encode() + b"x" for n in range(40)]
    assert list(judge_all(team(PARROT), texts)) == [t.upper() for t in texts]


def test_a_worker_that_dies_costs_its_text_alone() -> None:
    assert list(judge_all(team(PARROT), [b"a", b"die", b"b", b"die", b"c"])) == [b"A", CRASHED, b"B", CRASHED, b"C"]


def test_a_worker_that_hangs_is_ended_and_costs_its_text_alone() -> None:
    assert list(judge_all(team(PARROT, seconds=3.0), [b"hang", b"a", b"b"])) == [SLOW, b"A", b"B"]


@pytest.mark.parametrize("program", ["raise SystemExit(1)", "import sys; sys.stdin.buffer.read()"])
def test_a_worker_that_never_gets_ready_is_told_and_not_taken_for_a_crash(program: str) -> None:
    with pytest.raises(WorkerError, match="did not get ready"):
        list(judge_all(team(program), [b"a"]))


def test_a_command_that_does_not_exist_is_told() -> None:
    with pytest.raises(WorkerError, match="could not be started"):
        list(judge_all(Team(("no-such-program-anywhere",), b"{}", 1, 1.0), [b"a"]))


def test_workers_end_when_nobody_reads_on() -> None:
    answers = judge_all(team(PARROT, count=1), [b"a", b"hang", b"b"])
    assert next(answers) == b"A"
    started = time.monotonic()
    answers.close()  # type: ignore[attr-defined]  # it is a generator
    assert time.monotonic() - started < 30


def test_closing_ends_the_workers_that_are_just_starting() -> None:
    for _ in range(3):
        answers = judge_all(team(PARROT, count=6), [b"a", b"hang", b"hang", b"hang", b"hang", b"hang"])
        assert next(answers) == b"A"
        started = time.monotonic()
        answers.close()  # type: ignore[attr-defined]  # it is a generator
        assert time.monotonic() - started < 30


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_fault_of_ours_in_a_thread_is_told_and_nobody_waits_for_ever() -> None:
    def broken(_: int) -> bool:
        raise RuntimeError("a fault of ours")

    faulty = Team(team(PARROT).command, b"{}", 1, 60.0, broken)
    with pytest.raises(WorkerError, match="has failed"):
        list(judge_all(faulty, [b"die", b"a"]))


def test_another_process_says_the_same_as_this_one() -> None:
    engine = engine_of({}, {})
    clean = SourceFile("app/plain.py", "python", "x = 1\n" * 2)
    away = Judging(engine, fixes=True, jobs=2)
    many = [FAULTY, clean, SourceFile("app/large.py", "python", "# nothing\n" * 35_000)]
    judged = list(away(many))
    assert judged == [judge(source, engine, fixes=True) for source in many]
    assert [f.rule.id for f in judged[0].findings] == ["timeout/missing-client-timeout"]
    assert judged[0].findings[0].fix is not None


def test_a_text_with_lone_surrogates_crosses_the_pipe() -> None:
    source = SourceFile("app/\udcff.py", "python", "x = '\ud800'\n")
    assert decode_source(encode_source(source)) == source


@pytest.mark.parametrize("language", languages())
def test_a_text_made_to_break_the_parser_is_named_and_the_rest_is_reviewed(language: str) -> None:
    bad = f"app/bad.{ENDINGS[language]}"
    files = tuple(
        FileChange(path, None, "added", None, text, (Hunk(0, 0, 1, text.count("\n") + 1),))
        for path, text in ((bad, NESTED), (FAULTY.path, FAULTY.text))
    )
    kit = prepare(None)
    options = Options("2026-11-25", time.monotonic)
    result = review(ChangeSet("r", "b", "h", "m", files), kit, options, Judging(kit.engine, seconds=4.0))

    assert [(f.place.path, f.rule.id) for f in result.findings] == [(FAULTY.path, "timeout/missing-client-timeout")]
    assert result.verdict == "partial"
    entry = result.manifest.files[0]
    assert (entry.path, entry.state != "read") == (bad, True)
    assert entry.reason.startswith(("parser crashed", "parser too slow", "out of memory", "syntax error", "nested too"))


def test_a_before_side_that_breaks_the_parser_makes_its_file_partly_read() -> None:
    before = "import requests\n\n\ndef load(url):\n    return requests.get(url)\n"
    after = f"{before}\n\ndef store(url):\n    return requests.post(url)\n"
    file = FileChange("a.py", "a.py", "modified", before, after, (Hunk(5, 0, 6, 4),))
    engine = engine_of({}, {})

    def judged(sources: Sequence[SourceFile]) -> Iterator[Judgement]:
        return iter(Judgement(fault="parser crashed") if s.text == before else judge(s, engine) for s in sources)

    result = review(
        ChangeSet("r", "b", "h", "m", (file,)), prepare(None), Options("2026-11-25", time.monotonic), judged
    )
    assert [f.place.line for f in result.findings] == [9]
    assert (result.verdict, result.manifest.files[0].reason) == ("partial", "its before side: parser crashed")
