"""Two guards over every test run: no silent skip, and no way to the network.

A pytest plugin: tests/conftest.py loads it, and tests/test_guards.py runs small suites under it.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest

from .enclosed.reach import leaves

SKIPS = "skips.txt"


def pytest_addoption(parser: pytest.Parser) -> None:
    default = Path(__file__).with_name(SKIPS)
    parser.addoption("--skips", type=Path, default=default, help="file that names the tests that may be skipped")


def pytest_configure(config: pytest.Config) -> None:
    sys.addaudithook(_refuse_network)
    if not hasattr(config, "workerinput"):  # under xdist the reports of all workers reach the controller
        config.pluginmanager.register(SkipGuard(read_skips(config.getoption("--skips"))))


# --- skips -------------------------------------------------------------------------------------------------


def read_skips(file: Path) -> tuple[str, ...]:
    """The globs of test ids that may be skipped. Raises UsageError for a line without a reason."""
    globs = []
    for number, line in enumerate(file.read_text(encoding="utf-8").split("\n"), 1):
        if not line.strip() or line.startswith("#"):
            continue
        glob, _, reason = line.partition(" because ")
        if not reason.strip():
            raise pytest.UsageError(f"{file.name}:{number}: write 'TEST-ID-GLOB because REASON', not {line!r}")
        globs.append(glob.strip())
    return tuple(globs)


@dataclass(eq=False)  # pytest keeps its plugins in sets
class SkipGuard:
    """Collects skipped and expectedly failing tests, prints each with its reason, fails the run on an unnamed one."""

    named: tuple[str, ...]
    skipped: dict[str, str] = field(default_factory=dict)

    @property
    def unnamed(self) -> list[str]:
        return [test for test in self.skipped if not any(fnmatchcase(test, glob) for glob in self.named)]

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.skipped:
            self.skipped[report.nodeid] = _reason(report)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.skipped:
            self.skipped[report.nodeid] = _reason(report)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if self.unnamed and session.exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if not self.skipped:
            return
        terminalreporter.section("skipped tests")
        unnamed = set(self.unnamed)
        for test, reason in sorted(self.skipped.items()):
            mark = f" (NOT NAMED in {SKIPS}: this fails the run)" if test in unnamed else ""
            terminalreporter.line(f"{test}: {reason}{mark}")


def _reason(report: pytest.TestReport | pytest.CollectReport) -> str:
    expected = getattr(report, "wasxfail", None)
    if expected is not None:
        return f"expected to fail: {expected or 'no reason given'}"
    text = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    return text.removeprefix("Skipped: ")


# --- network -----------------------------------------------------------------------------------------------


def _refuse_network(event: str, arguments: tuple[Any, ...]) -> None:
    """An audit hook: it sees every socket, whoever opens it."""
    host = leaves(event, arguments)
    if host is not None:
        # Not an Exception: code under test must not be able to swallow it.
        pytest.fail(f"A test tried to reach {host!r}. Tests stay on this machine.")
