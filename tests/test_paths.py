"""Ways out: shapes of control flow that the rules' examples don't show."""

from __future__ import annotations

import textwrap

import pytest

from bot.derive import derive
from bot.facts import read
from bot.model import SourceFile
from bot.rulebook import built_in_knowledge


def leaks(language: str, head: str, body: str, tail: str) -> list[tuple[str, str]]:
    """The sort and leak of every acquisition in a function with this body."""
    text = head + textwrap.indent(textwrap.dedent(body).strip(), "    ") + tail
    reading = derive(read(SourceFile("ways.src", language, text)), built_in_knowledge(language))
    return [(f.get("sort"), f.get("leak")) for f in reading.facts.of("holding")]


GO = """package a

import (
    "errors"
    "os"
)

func f(path string) error {
"""
PYTHON = """import threading
lock = threading.Lock()
def f(path, stop):
"""

GO_WAYS = [
    (
        """
        file, err := os.Open(path)
        if err != nil || path == "" {
            return err
        }
        file.Close()
        """,
        "exit",
    ),
    (
        """
        file, err := os.Open(path)
        if err == nil {
            defer file.Close()
        }
        """,
        "none",
    ),
    (
        """
        file, err := os.Open(path)
        if errors.Is(err, os.ErrNotExist) {
            return nil
        }
        defer file.Close()
        """,
        "none",
    ),
    (
        """
        file, _ := os.Open(path)
        if file == nil {
            return nil
        }
        file.Close()
        """,
        "none",
    ),
    (
        """
        for {
            file, err := os.Open(path)
            if err != nil {
                continue
            }
            if path == "" {
                continue
            }
            file.Close()
        }
        """,
        "exit",
    ),
    (
        """
        file, err := os.Open(path)
        if err != nil {
            return err
        }
        switch path {
        case "a":
            file.Close()
            return nil
        default:
            file.Close()
        }
        """,
        "none",
    ),
    (
        """
        file, err := os.Open(path)
        if err != nil {
            return err
        }
        if path == "" {
            panic(path)
        }
        file.Close()
        """,
        "none",
    ),
    (
        """
        file, err := os.Open(path)
        if err != nil {
            return err
        }
        go use(file)
        """,
        "none",
    ),
]
PYTHON_WAYS = [
    (
        """
        lock.acquire()
        try:
            work()
        except ValueError:
            return None
        finally:
            lock.release()
        """,
        "none",
    ),
    (
        """
        lock.acquire()
        try:
            work()
        except ValueError:
            return None
        lock.release()
        """,
        "exit",
    ),
    (
        """
        if lock.acquire(False) and path:
            work()
            lock.release()
        """,
        "failure",
    ),
    (
        """
        while True:
            lock.acquire()
            if stop:
                break
            lock.release()
        lock.release()
        """,
        "none",
    ),
    (
        """
        lock.acquire()
        if path:
            lock.release()
        else:
            lock.release()
        work()
        """,
        "none",
    ),
    (
        """
        lock.acquire()
        x = path
        lock.release()
        work(x)
        """,
        "none",
    ),
]


@pytest.mark.parametrize(("body", "leak"), GO_WAYS)
def test_an_open_file_is_followed_through_go(body: str, leak: str) -> None:
    """Error checks, nil checks, loops, arms, panics and goroutines each end the story in their own way."""
    assert leaks("go", GO, body, "\n    return nil\n}\n") == [("file", leak)]


@pytest.mark.parametrize(("body", "leak"), PYTHON_WAYS)
def test_a_lock_is_followed_through_python(body: str, leak: str) -> None:
    """Handlers, finally blocks, conditions and loops are walked with the lock in hand."""
    assert leaks("python", PYTHON, body, "\n") == [("lock", leak)]
