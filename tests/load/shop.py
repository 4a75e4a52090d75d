"""Pull requests in any number, made in one go."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tests.repository import Repository

from .quick import QuickHub

_PLAIN: Final = "import requests\n" + "".join(
    f"\n\ndef part_{i}(left, right):\n    both = left + right\n    return both * {i}\n" for i in range(30)
)
_ADDED: Final = '\n\ndef pay_{n}(order):\n    return requests.post("https://pay.example/{n}", json=order{deadline})\n'
#: Of the files of a change so many have a finding.
FAULTY: Final = 3


def opened(folder: Path, pulls: int, files: int) -> QuickHub:
    """A host with so many pull requests, each of which changes so many files of 150 lines."""
    shop = Repository.create(folder)
    shop.run("fast-import", "--quiet", stdin="".join(_stream(pulls, files)))
    hub = QuickHub(shop.path)
    for number in range(1, pulls + 1):
        hub.open("main", f"pull-{number}")
    return hub


def _stream(pulls: int, files: int) -> Iterator[str]:
    """What `git fast-import` takes: https://git-scm.com/docs/git-fast-import."""
    yield _commit("main", {f"m{i}.py": _PLAIN for i in range(files)}, "mark :1\n")
    for n in range(1, pulls + 1):
        texts = {}
        for i in range(files):
            deadline = "" if i < FAULTY else ", timeout=5"
            texts[f"m{i}.py"] = _PLAIN + _ADDED.format(n=f"{n}_{i}", deadline=deadline)
        yield _commit(f"pull-{n}", texts, after="from :1\n")


def _commit(branch: str, texts: dict[str, str], mark: str = "", after: str = "") -> str:
    files = "".join(f"M 100644 inline {path}\n{_data(text)}" for path, text in texts.items())
    who = "committer A. Developer <developer@example.org> 1767225600 +0000\n"
    return f"commit refs/heads/{branch}\n{mark}{who}{_data(f'Change {branch}')}{after}{files}"


def _data(text: str) -> str:
    return f"data {len(text.encode())}\n{text}\n"
