"""The guards of tests/guards.py, each seen at work on a small suite of its own."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from .guards import read_skips

SKIPPING = """
import pytest
def test_that_runs(): assert True
@pytest.mark.skip(reason="no such machine")
def test_that_is_skipped(): assert False
"""


def run_suite(folder: Path, source: str, skips: str = "", *options: str) -> subprocess.CompletedProcess[str]:
    (folder / "test_suite.py").write_text(source)
    (folder / "skips.txt").write_text(skips)
    (folder / "pytest.ini").write_text("[pytest]\n")
    command = [sys.executable, "-m", "pytest", "-p", "tests.guards"]
    return subprocess.run(
        [*command, "--skips", str(folder / "skips.txt"), *options, str(folder / "test_suite.py")],
        cwd=Path(__file__).parent.parent,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("options", [(), ("-n", "1")], ids=["alone", "xdist"])
def test_a_skip_that_nobody_named_fails_the_run(tmp_path: Path, options: tuple[str, ...]) -> None:
    done = run_suite(tmp_path, SKIPPING, "", *options)
    assert done.returncode == 1, done.stdout
    assert "test_that_is_skipped: no such machine (NOT NAMED in skips.txt" in done.stdout


def test_a_named_skip_passes_and_is_printed_with_its_reason(tmp_path: Path) -> None:
    done = run_suite(tmp_path, SKIPPING, "*::test_that_is_skipped because that machine is rare\n")
    assert done.returncode == 0, done.stdout
    assert "test_that_is_skipped: no such machine\n" in done.stdout


@pytest.mark.parametrize("options", [(), ("-n", "1")], ids=["alone", "xdist"])
def test_a_whole_file_that_is_skipped_fails_the_run(tmp_path: Path, options: tuple[str, ...]) -> None:
    done = run_suite(tmp_path, 'import pytest\npytest.importorskip("no_such_module")\n', "", *options)
    assert done.returncode == 1, done.stdout
    assert "NOT NAMED" in done.stdout


def test_an_expected_failure_counts_as_a_skip(tmp_path: Path) -> None:
    source = 'import pytest\n@pytest.mark.xfail(reason="not built")\ndef test_it(): assert False\n'
    done = run_suite(tmp_path, source)
    assert done.returncode == 1, done.stdout
    assert "expected to fail: not built (NOT NAMED" in done.stdout


def test_a_line_without_a_reason_is_refused(tmp_path: Path) -> None:
    (tmp_path / "skips.txt").write_text("# a comment\n\ntests/test_x.py::test_y\n")
    with pytest.raises(pytest.UsageError, match=r"skips\.txt:3"):
        read_skips(tmp_path / "skips.txt")


@pytest.mark.parametrize("address", [("192.0.2.1", 80), ("example.org", 443)])
def test_the_network_is_out_of_reach(address: tuple[str, int]) -> None:
    with pytest.raises(pytest.fail.Exception, match="Tests stay on this machine"):
        socket.create_connection(address, timeout=0.01)


def test_the_loopback_stays_open() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection(server.getsockname(), timeout=5) as client,
    ):
        assert client.getpeername() == server.getsockname()
