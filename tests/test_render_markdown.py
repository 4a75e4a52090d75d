from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from markdown_it import MarkdownIt
from markdown_it.token import Token
from msgspec.structs import replace

from bot.model import Edit, FileEntry, Note, Review
from bot.render.escape import visible
from bot.render.markdown import MOST, render
from bot.render.markup import code, fence, inline, links, prose, text

from .hostile import hidden_in, reviews, texts
from .reviews import MENTORING, a_finding, a_fix, a_full_review, a_manifest, a_place, a_review, a_rule

GITHUB = MarkdownIt("commonmark").enable(["table", "strikethrough"])
OURS = re.compile(r"(?:</?details>|<summary>.*</summary>|\n)+")
# What GitHub acts on in the text of a page: mentions, references, addresses, emoji.
ACTIVE = re.compile(r"@[a-z0-9]|#\d|\bGH-\d|://|\bwww\.|:[a-z0-9_+-]+:", re.IGNORECASE)


def leaves(markdown: str) -> Iterator[Token]:
    for token in GITHUB.parse(markdown):
        yield token
        yield from token.children or ()


def test_a_finding_with_its_code_its_fix_and_its_lesson() -> None:
    assert render(a_review(a_finding(fix=a_fix()))) == (
        "## Mainstay\n"
        "\n"
        "1 finding (1 warning) in 1 file.\n"
        "\n"
        "### `app/client.py`\n"
        "\n"
        "**warning** `timeout/http-call-without-deadline` · line 9 in `charge`\n"
        "\n"
        "`requests.post` has no deadline: one silent peer can hold this worker for ever.\n"
        "\n"
        "```python\n"
        "reply = requests.post(URL, json=item)\n"
        "```\n"
        "\n"
        "Missing: a deadline.\n"
        "\n"
        "Fix for line 9: Give the call a time-out\n"
        "\n"
        "```suggestion\n"
        "        reply = requests.post(URL, json=item, timeout=(3.05, 10))\n"
        "```\n"
        "\n"
        "<details>\n"
        "<summary>Why, and what to do</summary>\n"
        "\n"
        f"{MENTORING}"
        "\n"
        "Read more:\n"
        "\n"
        "- [requests.readthedocs.io/en/latest/user/advanced/#timeouts]"
        "(<https://requests.readthedocs.io/en/latest/user/advanced/#timeouts>)\n"
        "\n"
        "</details>\n"
        "\n"
        "**complete: 1 finding (1 warning) in 1 file**\n"
    )


def test_a_partial_review_begins_with_an_alert_and_ends_with_its_verdict() -> None:
    markdown = render(a_full_review())

    assert markdown.startswith(
        "## Mainstay: a partial review\n\n2 findings (1 error, 1 warning) in 3 of 4 files, 1 folded.\n\n"
        "> [!WARNING]\n> This was left out:\n> - app/huge.py was passed over: larger than 1 MB\n"
        "> - retry/budget failed: see the log\n"
    )
    assert markdown.rstrip().split("\n")[-1].startswith("**PARTIAL: 2 findings")


def test_a_review_that_failed_says_only_why() -> None:
    assert render(a_review(verdict="not reviewed", reasons=("git is missing",))) == (
        "## Mainstay: not reviewed\n\n> [!CAUTION]\n> This change was not reviewed:\n> - git is missing\n\n"
        "**not reviewed: git is missing**\n"
    )


def test_a_removed_safeguard_shows_the_deleted_line_and_the_call() -> None:
    markdown = render(a_full_review())

    assert "· line 4 before the change\n" in markdown
    assert "```python\nsession.timeout = 5\n```\n" in markdown
    assert (
        "It is the call at `app/session.py:7:12` that now lacks it:\n\n"
        '```python\nreturn session.get(f"/items/{key}")\n```\n\n'
        "- `app/session.py:3:11` the client is made here\n"
    ) in markdown


def test_where_a_note_tells_the_lesson_a_finding_tells_only_its_first_sentence() -> None:
    markdown = render(a_full_review())

    assert markdown.count("Why: A call without an end waits as long as the other side likes.\n") == 1
    assert markdown.count("Take the callee's p99.9") == 1
    assert "<summary>Worth knowing: Every wait needs an end</summary>" in markdown


def test_folded_findings_and_files_passed_over_are_folded_details() -> None:
    assert (
        "<details>\n<summary>Folded away: 1 finding</summary>\n\n"
        "- `app/retry.py:4:5` info `retry/retries-without-jitter`: silenced in this change:"
        " retry/retries-without-jitter, because one client runs at a time (it still counts)\n\n"
        "</details>\n\n"
        "<details>\n<summary>Passed over: 1 file</summary>\n\n- `app/huge.py`: larger than 1 MB\n\n</details>\n"
    ) in render(a_full_review())


def test_a_fix_that_its_lines_do_not_say_whole_is_shown_as_a_patch() -> None:
    fix = replace(a_fix(), edits=(Edit(0, 0, "import random\n"), *a_fix().edits))
    markdown = render(a_review(a_finding(fix=fix)))

    assert "suggestion" not in markdown
    assert "```diff\n--- a/app/client.py\n" in markdown


def test_a_suggestion_keeps_its_tabs_but_hidden_characters_make_it_a_patch() -> None:
    source = "func f() {\n\tcall()\n}\n"
    start = source.index("()\n}") + 1
    fix = replace(a_fix(), edits=(Edit(start, start, "ctx"),), start_line=2, end_line=2, replacement="\tcall(ctx)")
    finding = a_finding(fix=fix, place=a_place("a.go", 2))
    hidden = replace(fix, edits=(Edit(start, start, "\u202e"),), replacement="\tcall(\u202e)")

    assert "```suggestion\n\tcall(ctx)\n```" in render(a_review(finding, sources={"a.go": source}))
    assert "suggestion" not in render(a_review(replace(finding, fix=hidden), sources={"a.go": source}))


def test_a_fix_in_a_file_with_carriage_returns_is_a_suggestion() -> None:
    source = "a\r\ncall()\r\n"
    fix = replace(a_fix(), edits=(Edit(8, 8, "x"),), start_line=2, end_line=2, replacement="call(x)\r")

    assert "```suggestion\ncall(x)\n```" in render(
        a_review(a_finding(fix=fix, place=a_place("a.py", 2)), sources={"a.py": source})
    )


def test_a_comment_has_an_end_and_says_what_is_missing() -> None:
    findings = [a_finding(message="word " * 80, place=a_place(line=n)) for n in range(300)]
    folded = [replace(finding, shown=False, reason="silenced " * 30) for finding in findings]
    markdown = render(a_review(*findings, *folded, problems=("problem " * 30,) * 90))

    assert len(markdown) <= MOST
    assert re.search(r"\n\d+ more findings would not fit into this comment; `mainstay check` shows all.\n", markdown)
    assert len(re.findall(r"\n- … and \d+ more items\n", markdown)) == 2


def test_lessons_that_do_not_fit_are_counted() -> None:
    notes = tuple(Note(f"a/{n}", f"Lesson {n}", "word " * 600) for n in range(9))

    assert "\n5 more lessons: `mainstay rules show` tells each.\n" in render(a_review(notes=notes))


def test_files_passed_over_that_are_too_many_are_counted() -> None:
    files = tuple(FileEntry(f"docs/{n:04}.md", "passed over", "no language") for n in range(500))

    assert re.search(r"- … and \d+ more items\n", render(a_review(manifest=a_manifest(files=files))))


@settings(max_examples=120, deadline=None)
@given(reviews())
def test_nothing_in_a_review_does_anything_in_the_comment(review: Review) -> None:
    markdown = render(review)
    tokens = list(leaves(markdown))

    assert hidden_in(markdown, allowed="\n\t") == ""
    assert len(markdown) <= MOST
    assert [t.content for t in tokens if t.type == "html_inline" or "image" in t.type] == []
    assert [t.content for t in tokens if t.type == "html_block" and not OURS.fullmatch(t.content)] == []
    assert [t.content for t in tokens if t.type == "text" and ACTIVE.search(t.content)] == []
    targets = [str(t.attrs["href"]) for t in tokens if t.type == "link_open"]
    assert [t for t in targets if not t.startswith(("https://redirect.github.com/", "https://evil.example"))] == []


@settings(max_examples=100, deadline=None)
@given(texts)
def test_escaped_text_reads_as_it_was(said: str) -> None:
    rendered = "".join(t.content for t in leaves(f"x {text(said)}") if t.type == "text")

    assert rendered.replace("\u200b", "") == f"x {visible(' '.join(said.split()))}".rstrip()


@pytest.mark.parametrize(
    ("said", "markdown"),
    [
        ("a `b` c", "a `b` c"),
        ("``a`b``", "``a`b``"),
        ("one ` alone", r"one \` alone"),
        ("x_y *z* <b>", r"x\_y \*z\* &lt;b&gt;"),
        ("ask @someone about #12", "ask @&#8203;someone about #&#8203;12"),
        ("`@someone` stays", "`@someone` stays"),
        ("see https://evil.example", "see https:&#8203;//evil.example"),
        ("# no heading", r"\# no heading"),
        ("1. no list", r"1\. no list"),
        (".hidden and - dash", ".hidden and - dash"),
    ],
)
def test_inline_text_keeps_its_code_and_nothing_else(said: str, markdown: str) -> None:
    assert inline(said) == markdown


def test_code_spans_and_fences_have_more_backticks_than_their_text() -> None:
    assert code("a `` b") == "```a `` b```"
    assert code("`a`") == "`` `a` ``"
    assert fence("x\n````\ny", "python") == ["`````python", "x", "````", "y", "`````"]
    assert fence("x", "py`\nthon") == ["```python", "x", "```"]


def test_prose_keeps_paragraphs_lists_headings_and_fenced_code() -> None:
    assert prose("One\ntwo `c`.\n\n## Why\n- a\n  b\n1. c\n\n```\n<x>\n```\n<b>") == [
        "One two `c`.",
        "",
        "**Why**",
        "- a b",
        "1. c",
        "",
        "```",
        "<x>",
        "```",
        "&lt;b&gt;",
    ]


def test_references_link_only_to_web_addresses_and_tell_no_issue_elsewhere() -> None:
    assert links(
        ("https://github.com/a/b/issues/1", "https://x.example/<a> b", "https://x.example/(a)", "javascript:alert(1)")
    ) == [
        "- [github.com/a/b/issues/1](<https://redirect.github.com/a/b/issues/1>)",
        "- `https://x.example/<a> b`",
        "- [x.example/(a)](<https://x.example/(a)>)",
        "- `javascript:alert(1)`",
    ]


def test_a_rule_of_strangers_can_say_nothing_but_text() -> None:
    rule = a_rule(mentoring="![x](https://evil.example/i.png) <script>x</script> @someone", references=("data:x",))

    assert "!\\[x\\](https:&#8203;//evil.example/i.png) &lt;script&gt;x&lt;/script&gt; @&#8203;someone" in render(
        a_review(a_finding(rule=rule))
    )
