"""How much of a code base is known: which calls count as I/O, and which of them have an entry and a role."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bot.coverage import Coverage, measure
from bot.entry.cli import run
from bot.model import FileChange


def covered(text: str, path: str = "service.py") -> Coverage:
    (coverage,) = measure([FileChange(path, None, "added", None, text)]).values()
    return coverage


def counts(coverage: Coverage) -> tuple[int, int, int]:
    return coverage.clients, coverage.entries, coverage.roles


def test_a_call_that_plays_an_io_role_counts_with_entry_and_role() -> None:
    assert counts(covered("import requests\nrequests.get('/')\n")) == (1, 1, 1)


def test_a_method_of_a_client_counts_also_without_an_entry() -> None:
    coverage = covered("import requests\ns = requests.Session()\ns.frobnicate()\n")
    assert counts(coverage) == (2, 1, 1)
    assert coverage.without_entry == {"requests.Session.frobnicate": 1}


def test_a_function_without_an_entry_counts_where_its_library_does_io() -> None:
    coverage = covered("import requests\nrequests.frobnicate()\n")
    assert counts(coverage) == (1, 0, 0)
    assert coverage.share(coverage.roles) == 0


@pytest.mark.parametrize(
    "text",
    [
        "import os\nos.environ.get('A')\n",
        "import os\nos.path.join('a', 'b')\n",
        "import requests\nrequests.exceptions.ConnectionError()\n",
        "import requests\nrequests.FrobnicateOptions()\n",
        "import json\njson.loads('1')\n",
        "import requests\nrequests.get('/').json()\n",
    ],
    ids=["a constant's member", "a path", "an exception", "a data class", "no I/O library", "what never waits"],
)
def test_what_does_no_io_of_its_own_does_not_count(text: str) -> None:
    coverage = covered(text)
    assert coverage.clients == text.count("requests.get")
    assert not coverage.without_entry
    assert not coverage.without_role


def test_a_client_that_no_entry_describes_counts_by_its_name() -> None:
    assert covered("import requests\nrequests.FrobnicateClient()\n").without_entry == {"requests.FrobnicateClient": 1}


def test_modules_without_an_api_file_are_named_and_the_code_bases_own_are_not() -> None:
    texts = {
        "shop/db/pool.py": "",
        "shop/main.py": "import frobnicate\nimport shop.db.pool\nfrobnicate.start()\nshop.db.pool.start()\n",
        "tests/test_main.py": "import frobnicate\nfrobnicate.start()\n",
    }
    (coverage,) = measure([FileChange(path, None, "added", None, text) for path, text in texts.items()]).values()
    assert coverage.undescribed == {"frobnicate": 1}
    assert (coverage.imported, coverage.described) == (1, 0)


def test_the_command_prints_both_shares(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.py").write_text("import requests\ns = requests.Session()\ns.get('/')\ns.frobnicate()\n")
    (tmp_path / "b.go").write_text('package b\n\nimport "net/http"\n\nfunc f() { http.Get("/") }\n')
    assert run(["apis", "--coverage", str(tmp_path)]) == 0
    out = capsys.readouterr().out
    assert "go: of 1 I/O call sites on described libraries 1 (100%) have a role, 1 (100%) an entry" in out
    assert "python: of 3 I/O call sites on described libraries 2 (67%) have a role, 2 (67%) an entry" in out
    assert re.search(r"I/O, without an entry:\n +1  requests\.Session\.frobnicate\n", out)
