"""A pull request of the stand-in as a page: everything in its place, nothing of it active, nothing loaded from elsewhere."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest

from bot.adapters import github
from bot.entry import pulls
from bot.entry.demo import make_repository
from bot.ports import Begun

from .checkout import ROOT
from .page import Heading, page
from .page.lines import hunks, moved, replaced
from .page.serving import Pages
from .page.words import words
from .publishing import BARE, BOT, CLIENT, ONE_MENDED, SOMEBODY, World, shop_without_time_outs, world_over
from .repository import Repository
from .standin.app import Key, until

EVIL = '<script>alert(1)</script><img src=x onerror=alert(1)> "\'><a href="javascript:alert(1)">'
LEAVES = {"meta", "br", "hr", "use", "path", "circle", "img", "input", "link"}


class Parsed(HTMLParser):
    """The elements of a page with their attributes, its text, and what is not closed in its place."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str]]] = []
        self.text: list[str] = []
        self.open: list[str] = []
        self.wrong: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in LEAVES:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)

    def handle_data(self, data: str) -> None:
        self.text.append(data)


@pytest.fixture
def world(tmp_path: Path, key: Key) -> Iterator[World]:
    """A pull request that takes three time-outs away."""
    with world_over(shop_without_time_outs(Repository.create(tmp_path / "shop")), key) as world:
        world.hub.permissions["contents"] = "write"
        yield world


@pytest.fixture
def example(tmp_path: Path, key: Key) -> Iterator[World]:
    """The pull request of `make demo`."""
    make_repository(tmp_path / "example")
    shop = Repository(tmp_path / "example")
    shop.switch("feature", create=True)
    with world_over(shop, key) as world:
        yield world


def reviewed(world: World) -> None:
    """The pull request with its review and its check."""
    made = world.made()
    posted = world.write(made)
    number = github.begin(world.client, made.pull)
    said = pulls.words(made, posted.summary.address)
    github.end(world.client, made.pull, pulls.conclusion(made), *said, begun=Begun(number))


def shown(world: World, title: str = "Simplify the clients", author: str = "A. Developer") -> Parsed:
    """The page, taken apart; it is well formed."""
    parsed = Parsed(page(world.hub, 1, Heading(title, author), world.resolved))
    assert (parsed.wrong, parsed.open) == ([], [])
    return parsed


def places(parsed: Parsed) -> dict[str, tuple[str, str, str]]:
    """Where each thread stands: the file, and the numbers of the line before it on either side."""
    path, row, found = "", ("", ""), {}
    for tag, given in parsed.found:
        if given.get("class") == "file":
            path, row = given["data-path"], ("", "")
        elif "data-old" in given or "data-new" in given:
            row = given.get("data-old", ""), given.get("data-new", "")
        elif tag in {"article", "details"} and given.get("class", "").startswith("thread"):
            found[given["id"].removeprefix("thread-")] = (path, *row)
    return found


# --- everything in its place ---------------------------------------------------------------------------------------


def test_each_comment_stands_in_its_file_below_its_line(example: World) -> None:
    reviewed(example)
    found = places(shown(example))

    assert len(found) == len(example.roots) == 10
    for comment in example.roots:
        path, old, new = found[str(comment["id"])]
        assert path == comment["path"]
        assert (old if comment["side"] == "LEFT" else new) == str(comment["line"])


def test_what_was_said_of_the_whole_stands_there_once(example: World) -> None:
    reviewed(example)
    text = "".join(shown(example).text)

    for once in ("Complete: 13 findings", "Mainstay: failure", "10 open, 0 resolved", "13 annotations"):
        assert text.count(once) == 1
    assert text.count("Suggested change") == sum("```suggestion" in c["body"] for c in example.roots)
    assert "```" not in text
    assert "<!--" not in text
    assert "&#8203;" not in text


def test_a_comment_on_a_file_stands_above_its_lines(world: World) -> None:
    body = f"{world.markers().make('finding', 'ab', 'cd')}\n**warning** `a/rule` · missing: a thing"
    asked = {"path": "other.py", "body": body, "subject_type": "file", "commit_id": world.hub.commit("feature")}
    world.hub.comment(world.hub.pulls[1], BOT, asked)
    parsed = shown(world)

    assert places(parsed) == {str(world.roots[0]["id"]): ("other.py", "", "")}
    assert "on the file" in "".join(parsed.text)


def test_after_a_push_a_thread_moves_with_its_line_or_stays_with_the_state_that_had_it(world: World) -> None:
    """What is resolved is folded; what goes on is open, where its line is now."""
    reviewed(world)
    first, second, third = [str(c["id"]) for c in world.roots]
    world.push(f"# a word\n{ONE_MENDED}")
    reviewed(world)
    parsed = shown(world)
    found = places(parsed)

    assert found[second] == (CLIENT, "", "12")
    assert found[third] == (CLIENT, "", "16")
    assert found[first] == (CLIENT, "", "7")
    folds = {given["id"]: tag for tag, given in parsed.found if given.get("id", "").startswith("thread-")}
    assert folds == {f"thread-{first}": "details", f"thread-{second}": "article", f"thread-{third}": "article"}
    text = re.sub(r"\s+", " ", "".join(parsed.text))
    assert "1 thread on lines that have changed since" in text
    assert f"Fixed in {world.hub.commit('feature')[:7]}." in text
    assert "2 open, 1 resolved" in text
    assert text.count("Mainstay: failure") == 2


def test_a_person_in_a_thread_is_seen(world: World) -> None:
    reviewed(world)
    world.hub.reply(world.hub.pulls[1], SOMEBODY, world.roots[0]["id"], "Are you *sure*?")

    assert "Are you sure?" in "".join(shown(world).text)


# --- nothing of it active ------------------------------------------------------------------------------------------


def test_nothing_of_a_pull_request_is_active(world: World) -> None:
    """Title, author, branch, commit, path, code, comment, check: all of it is text."""
    world.shop.commit({f"{CLIENT}": f"{BARE}\n# {EVIL}\n", "a&lt;b'.py": f"{EVIL}\n"}, message=EVIL)
    reviewed(world)
    folds = [tag for tag, _ in shown(world).found].count("details")
    pull = world.hub.pulls[1]
    body = f"{EVIL}\n\n</details></details>\n\n<details open ontoggle=alert(1)>\n\n[x](javascript:alert(1))"
    world.hub.reply(pull, SOMEBODY, world.roots[0]["id"], f"{body}\n\n```suggestion\n{EVIL}\n```\n")
    world.hub.say(
        pull, SOMEBODY, f"{body}\n\n![x](https://example.org/pixel.png)\n\n<details>\n<summary>{EVIL}</summary>"
    )
    run = world.check()
    run["output"]["title"] = run["output"]["summary"] = EVIL
    run["output"]["annotations"][0] |= {"message": EVIL, "title": EVIL, "path": EVIL}
    parsed = shown(world, EVIL, EVIL)

    tags = [tag for tag, _ in parsed.found]
    assert {"script", "img", "iframe", "b "} & set(tags) == set()
    assert tags.count("style") == 1
    assert tags.count("details") == folds + 1  # the one that a comment may fold
    for _, given in parsed.found:
        assert [name for name in given if name.startswith("on") or name in {"src", "style", "srcset"}] == []
        assert re.match(r"#|https?://|$", given.get("href", ""))
    assert "".join(parsed.text).count("<script>alert(1)</script>") >= 10
    assert "a&lt;b'.py" in [given.get("data-path") for _, given in parsed.found]


def test_a_page_needs_nothing_from_elsewhere(example: World) -> None:
    reviewed(example)
    text = page(example.hub, 1, Heading("x", "y"), example.resolved)

    assert re.findall(r"\b(?:src|srcset)=|url\(|@import|<link|<script", text) == []
    assert "default-src 'none'" in text


@pytest.mark.parametrize(
    ("body", "made"),
    [
        ("a <b>b</b> c", "<p>a &lt;b&gt;b&lt;/b&gt; c</p>"),
        ("<!-- mainstay x -->\n**warning** `r`", '<p class="lead"><strong class="severity warning">'),
        ("<details>\n<summary>a &amp; b</summary>\n\n*c*\n\n</details>", "<summary>a &amp; b</summary>"),
        ("<details>\n\nnever closed", "<p>never closed</p>\n</details>"),
        ("</details>", "&lt;/details&gt;"),
        ("- <details>\n  x", "&lt;details&gt;"),
        ("[a](javascript:x)", "<p>[a](javascript:x)</p>"),
        (f"Fixed in {'a1' * 20}.", '<code class="sha">a1a1a1a</code>'),
        ("> [!WARNING]\n> Left out", '<blockquote class="alert warning">'),
        ("```diff\n--- a\n+++ b\n@@ -1 +1 @@\n-x\n+y\n```", '<tr class="gone"><td class="number">1</td>'),
        ("```python\n<x>\n```", "<pre><code>&lt;x&gt;</code></pre>"),
    ],
)
def test_markdown_is_shown_and_does_nothing(body: str, made: str) -> None:
    assert made in words(body)


# --- lines ---------------------------------------------------------------------------------------------------------


def test_lines_are_counted_and_the_changed_part_is_marked() -> None:
    (hunk,) = hunks(
        "--- a\n+++ b\n@@ -3,3 +3,3 @@ def f():\n a\n-call(x, y)\n+call(x)\n b\n\\ No newline at end of file\n"
    )

    assert hunk.heading == "def f():"
    assert [(r.kind, r.old, r.new) for r in hunk.rows] == [
        ("same", 3, 3),
        ("gone", 4, 0),
        ("new", 0, 4),
        ("same", 5, 5),
    ]
    assert hunk.rows[1].parts == ((False, "call(x"), (True, ", y"), (False, ")"))


def test_a_suggestion_leaves_what_stays() -> None:
    rows = replaced(["}"], ["}", "close()"], 27)

    assert [(r.kind, r.old, r.new) for r in rows] == [("same", 27, 27), ("new", 0, 28)]


def test_a_line_is_followed_to_a_later_state(repo: Repository) -> None:
    since = repo.commit({"a.txt": "1\n2\n3\n4\n5\n"})
    head = repo.commit({"a.txt": "0\n1\n2\nthree\n5\n"})

    class Asked:
        def ask(self, *arguments: str) -> str:
            return repo.run(*arguments)

    assert [moved(Asked(), "a.txt", since, head, n) for n in (1, 2, 3, 4, 5)] == [2, 3, None, None, 5]


# --- served --------------------------------------------------------------------------------------------------------


def got(address: str) -> tuple[int, str]:
    """The status and text of an answer."""
    try:
        with urllib.request.urlopen(address, timeout=10) as answer:  # noqa: S310 - it is on loopback
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, refused.read().decode()


def test_pages_are_served_by_name_and_the_newest_at_the_top() -> None:
    with Pages() as pages:
        assert got(f"{pages.address}/")[0] == 404
        pages.texts |= {"one.html": "1", "two.html": "2"}
        assert got(f"{pages.address}/one.html?x") == (200, "1")
        assert got(f"{pages.address}/") == (200, "2")
        assert got(f"{pages.address}/../one")[0] == 404


@pytest.mark.skipif(sys.platform == "win32", reason="the server runs on Linux and macOS")
@pytest.mark.xdist_group("server")
def test_the_demonstration_keeps_its_page_up_until_it_is_interrupted(tmp_path: Path) -> None:
    told = tmp_path / "told.txt"
    with told.open("wb") as out:
        demo = subprocess.Popen(
            [sys.executable, "-m", "tests.demo", "--stay"], cwd=tmp_path, env=environment(), stdout=out, stderr=out
        )
        try:
            until(lambda: demo.poll() is not None or "(Ctrl-C ends this)" in told.read_text(), 120)
            address = re.search(r"as a page: (\S+)", told.read_text())
            assert address is not None, told.read_text()
            newest = got(address[1])
            demo.send_signal(signal.SIGINT)
            assert demo.wait(timeout=90) == 0, told.read_text()
        finally:
            demo.kill()
            demo.wait(timeout=10)
    assert newest == (200, (tmp_path / "demo-pull-request-fixed.html").read_text(encoding="utf-8"))
    assert "10 open, 0 resolved" in (tmp_path / "demo-pull-request.html").read_text(encoding="utf-8")
    assert "0 open, 10 resolved" in newest[1]
    assert "Traceback" not in told.read_text()


def environment() -> dict[str, str]:
    """As a person's, with this checkout to be imported."""
    return os.environ | {"PYTHONPATH": str(ROOT)}
