"""Markdown of comments as HTML that is safe to show: of raw HTML only folding is taken, pictures are not loaded, all else is text."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

from . import lines

_COMMIT = re.compile(r"\b[0-9a-f]{40}\b")

#: Templates that escape whatever is no Markup.
TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)

TEMPLATES.filters["short_ids"] = lambda said: _COMMIT.sub(lambda match: match[0][:7], said)

_FOLDING = re.compile(r"(<!--.*?-->|</?details>|<summary>.*?</summary>)", re.DOTALL)
_LEAD = re.compile(r"\A<p><strong>(error|warning|info)</strong>")
_ALERT = re.compile(r"<blockquote>\n<p>\[!(NOTE|TIP|IMPORTANT|WARNING|CAUTION)\]\n?")


def words(body: str, replaced: Sequence[str] = (), start: int = 1) -> Markup:
    """A comment's Markdown as HTML; `replaced` are the lines, from `start` on, in whose place a suggestion would come."""
    made = _MARKDOWN.render(body, {"replaced": replaced, "start": start, "open": 0})
    made += "</details>" * max(0, _open(made))
    made = _LEAD.sub(r'<p class="lead"><strong class="severity \1">\1</strong>', made.strip())
    return Markup(_ALERT.sub(lambda m: f'<blockquote class="alert {m[1].lower()}">\n<p>', made))  # noqa: S704 - escaped above


def first_line(body: str) -> str:
    """The first visible line of a comment as plain text, without marks."""
    shown = _FOLDING.sub("", body).strip().partition("\n")[0]
    return html.unescape(re.sub(r"[*`#\\]", "", shown)).strip()


def _open(made: str) -> int:
    return made.count("<details>") - made.count("</details>")


# --- what is rendered in another way than usual --------------------------------------------------------------------


def _html_block(_self: Any, tokens: Sequence[Token], index: int, _options: Any, env: Any) -> str:
    """Folding where nothing is around it; everything else that looks like HTML is shown as it is written."""
    if tokens[index].level:
        return html.escape(_FOLDING.sub(_without_comments, tokens[index].content))
    made = []
    for part in _FOLDING.split(tokens[index].content):
        if part == "<details>":
            env["open"] += 1
            made.append(part)
        elif part == "</details>" and env["open"]:
            env["open"] -= 1
            made.append(part)
        elif part.startswith("<summary>") and env["open"]:
            said = part.removeprefix("<summary>").removesuffix("</summary>")
            made.append(f"<summary>{html.escape(html.unescape(said))}</summary>")
        elif not part.startswith("<!--"):
            made.append(html.escape(part))
    return "".join(made)


def _html_inline(_self: Any, tokens: Sequence[Token], index: int, _options: Any, _env: Any) -> str:
    return html.escape(_FOLDING.sub(_without_comments, tokens[index].content))


def _without_comments(match: re.Match[str]) -> str:
    return "" if match[0].startswith("<!--") else match[0]


def _text(_self: Any, tokens: Sequence[Token], index: int, _options: Any, _env: Any) -> str:
    """Text, with ids of commits as short as GitHub shows them."""
    return _COMMIT.sub(lambda m: f'<code class="sha">{m[0][:7]}</code>', html.escape(tokens[index].content))


def _fence(_self: Any, tokens: Sequence[Token], index: int, _options: Any, env: Any) -> str:
    """Code; a suggestion as the change that it would make, a patch with its signs as colours."""
    token = tokens[index]
    info, body = token.info.strip(), token.content.removesuffix("\n")
    parts: Any = TEMPLATES.get_template("parts.html").module
    if info == "suggestion":
        rows = lines.replaced(env["replaced"], body.split("\n"), env["start"])
        return str(parts.change("Suggested change", rows))
    if info == "diff" and (found := list(lines.hunks(body))):
        return "".join(str(parts.change("Fix", hunk.rows)) for hunk in found)
    return f"<pre><code>{html.escape(body)}</code></pre>\n"


def _made() -> MarkdownIt:
    made = MarkdownIt("commonmark").enable(["table", "strikethrough"]).disable("image")
    rules = {
        "html_block": _html_block,
        "html_inline": _html_inline,
        "text": _text,
        "fence": _fence,
    }
    for name, rule in rules.items():
        made.add_render_rule(name, rule)
    return made


_MARKDOWN = _made()
