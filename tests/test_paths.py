"""Ways out: shapes of control flow that the rules' examples don't show."""

from __future__ import annotations

import pytest

from bot.derive import derive
from bot.facts import read
from bot.model import SourceFile
from bot.rulebook import built_in_knowledge


def leaks(language: str, text: str) -> list[tuple[str, str]]:
    """The sort and leak of every acquisition in a text."""
    reading = derive(read(SourceFile("ways.src", language, text)), built_in_knowledge(language))
    return [(f.get("sort"), f.get("leak")) for f in reading.facts.of("holding")]


GO = 'package a\n\nimport (\n\t"errors"\n\t"os"\n)\n\nfunc f(path string) error {\n%s\n\treturn nil\n}\n'
PYTHON = "import threading\nlock = threading.Lock()\ndef f(path, stop):\n%s\n"


@pytest.mark.parametrize(
    ("body", "leak"),
    [
        ("\tfile, err := os.Open(path)\n\tif err != nil || path == \"\" {\n\t\treturn err\n\t}\n\tfile.Close()", "exit"),
        ("\tfile, err := os.Open(path)\n\tif err == nil {\n\t\tdefer file.Close()\n\t}", "none"),
        ("\tfile, err := os.Open(path)\n\tif errors.Is(err, os.ErrNotExist) {\n\t\treturn nil\n\t}\n\tdefer file.Close()", "none"),
        ("\tfile, _ := os.Open(path)\n\tif file == nil {\n\t\treturn nil\n\t}\n\tfile.Close()", "none"),
        ("\tfor {\n\t\tfile, err := os.Open(path)\n\t\tif err != nil {\n\t\t\tcontinue\n\t\t}\n\t\tif path == \"\" {\n\t\t\tcontinue\n\t\t}\n\t\tfile.Close()\n\t}", "exit"),
        ("\tfile, err := os.Open(path)\n\tif err != nil {\n\t\treturn err\n\t}\n\tswitch path {\n\tcase \"a\":\n\t\tfile.Close()\n\t\treturn nil\n\tdefault:\n\t\tfile.Close()\n\t}", "none"),
        ("\tfile, err := os.Open(path)\n\tif err != nil {\n\t\treturn err\n\t}\n\tif path == \"\" {\n\t\tpanic(path)\n\t}\n\tfile.Close()", "none"),
        ("\tfile, err := os.Open(path)\n\tif err != nil {\n\t\treturn err\n\t}\n\tgo use(file)", "none"),
    ],
)  # fmt: skip
def test_an_open_file_is_followed_through_go(body: str, leak: str) -> None:
    """Error checks, nil checks, loops, arms, panics and goroutines each end the story in their own way."""
    assert leaks("go", GO % body) == [("file", leak)]


@pytest.mark.parametrize(
    ("body", "leak"),
    [
        ("    lock.acquire()\n    try:\n        work()\n    except ValueError:\n        return None\n    finally:\n        lock.release()", "none"),
        ("    lock.acquire()\n    try:\n        work()\n    except ValueError:\n        return None\n    lock.release()", "exit"),
        ("    if lock.acquire(False) and path:\n        work()\n        lock.release()", "failure"),
        ("    while True:\n        lock.acquire()\n        if stop:\n            break\n        lock.release()\n    lock.release()", "none"),
        ("    lock.acquire()\n    if path:\n        lock.release()\n    else:\n        lock.release()\n    work()", "none"),
        ("    lock.acquire()\n    x = path\n    lock.release()\n    work(x)", "none"),
    ],
)  # fmt: skip
def test_a_lock_is_followed_through_python(body: str, leak: str) -> None:
    """Handlers, finally blocks, conditions and loops are walked with the lock in hand."""
    assert leaks("python", PYTHON % body) == [("lock", leak)]
