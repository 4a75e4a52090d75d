from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.model import Review
from bot.render import FORMATS, render

from .hostile import reviews
from .reviews import a_finding, a_full_review, a_review

ROOT = Path(__file__).parent.parent


def test_the_formats_by_name() -> None:
    assert list(FORMATS) == ["terminal", "json", "agent", "sarif", "markdown", "annotations"]


@pytest.mark.parametrize("name", FORMATS)
def test_the_same_review_gives_the_same_bytes_with_one_line_feed_at_the_end(name: str) -> None:
    text = render(name, a_full_review())

    assert text == render(name, a_full_review())
    assert text.endswith("\n")
    assert not text.endswith("\n\n")


@pytest.mark.parametrize("name", sorted(set(FORMATS) - {"terminal"}))
def test_colour_and_width_are_the_terminals_alone(name: str) -> None:
    assert render(name, a_full_review(), colour=True, width=40) == render(name, a_full_review())


def test_the_terminal_takes_colour_and_width() -> None:
    text = render("terminal", a_review(a_finding()), colour=True, width=50)

    assert "\x1b[1;33mwarning\x1b[0m" in text
    assert "\n  `requests.post` has no deadline: one silent peer\n  can hold" in text


@pytest.mark.parametrize("name", FORMATS)
def test_no_format_calls_an_empty_range_or_a_failed_review_free_of_findings(name: str) -> None:
    empty = render(name, a_review(empty="nothing to review: A..B is empty"))
    failed = render(name, a_review(verdict="not reviewed", reasons=("git is missing",)))

    assert "nothing to review: A..B is empty" in empty
    assert "git is missing" in failed
    assert "no findings" not in empty + failed


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_names_a_partial_review(name: str) -> None:
    assert "partial" in render(name, a_full_review()).lower()


@pytest.mark.parametrize("name", FORMATS)
@settings(max_examples=25, deadline=None)
@given(review=reviews(), width=st.integers(0, 200))
def test_every_review_can_be_written_as_utf_8(name: str, review: Review, width: int) -> None:
    assert render(name, review, width=width).encode()


def test_a_check_at_a_terminal_loads_no_other_form() -> None:
    script = (
        "import sys; from bot.render import FORMATS, render, verdict; from tests.reviews import a_full_review;"
        "render('terminal', a_full_review()); print(*sorted(m for m in sys.modules if m.startswith('bot.render.')))"
    )
    # This very interpreter, on code of ours.
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)

    assert not {f"bot.render.{name}" for name in FORMATS if name != "terminal"} & set(done.stdout.split())
