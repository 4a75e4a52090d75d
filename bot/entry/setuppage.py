"""The pages that `mainstay setup` shows in a browser: what will be asked for with one button, and how it went."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import Final

from .permissions import Need

_STYLE: Final = """
:root { color-scheme: light dark; --back: #f4f6f5; --card: #fff; --text: #1c2623; --soft: #5b6b66; --line: #dfe6e3;
        --sea: #0f766e; --on: #fff; --bad: #b42318; }
@media (prefers-color-scheme: dark) {
  :root { --back: #0f1614; --card: #18211e; --text: #e6edea; --soft: #9db0a9; --line: #2b3834;
          --sea: #2dd4bf; --on: #06201c; --bad: #ff8a7a; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--back); color: var(--text); font: 16px/1.55 system-ui, "Segoe UI", sans-serif; }
main { max-width: 46rem; margin: 7vh auto; padding: 2.6rem 2.8rem; background: var(--card); border: 1px solid var(--line);
       border-radius: 14px; border-top: 5px solid var(--sea); box-shadow: 0 12px 40px rgb(0 0 0 / 7%); }
main.bad { border-top-color: var(--bad); }
h1 { margin: 0 0 .4rem; font-size: 1.75rem; letter-spacing: -.015em; line-height: 1.2; }
p { margin: .5rem 0; } .soft, dt { color: var(--soft); }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .3rem 1.4rem; margin: 1.6rem 0; }
dd { margin: 0; overflow-wrap: anywhere; font-weight: 600; }
table { width: 100%; border-collapse: collapse; margin: 1.2rem 0 2rem; font-size: .94rem; }
th { text-align: left; font-weight: 600; color: var(--soft); font-size: .82rem; }
th, td { padding: .55rem .6rem .55rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
td:first-child { white-space: nowrap; font-weight: 600; padding-right: 1.2rem; }
td b { display: inline-block; min-width: 3.4rem; padding: .05rem .5rem; border: 1px solid var(--line); border-radius: 99px;
       font-weight: 500; font-size: .82rem; text-align: center; }
td b.write { border-color: var(--sea); color: var(--sea); }
button, a.button { display: inline-block; padding: .75rem 1.5rem; border: 0; border-radius: 9px; background: var(--sea);
       color: var(--on); font: inherit; font-weight: 600; text-decoration: none; cursor: pointer; }
button:hover, a.button:hover { filter: brightness(1.1); }
button:focus-visible, a.button:focus-visible { outline: 3px solid var(--text); outline-offset: 2px; }
code { padding: .12rem .4rem; border-radius: 5px; background: var(--back); font-size: .9em; overflow-wrap: anywhere; }
ol { padding-left: 1.3rem; } li { margin: .5rem 0; }
@media (max-width: 34rem) { main { margin: 0; padding: 1.6rem 1.2rem; border-radius: 0; } dl { display: block; } }
"""
_WORDS: Final = {"pull_requests": "Pull requests", "merge_queues": "Merge queues"}


def ask(action: str, manifest: str, shown: Iterable[tuple[str, str]], needs: Iterable[Need]) -> str:
    """The page with the button, which sends `manifest` to `action`; `shown` is what the App will be, by name."""
    facts = "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in shown)
    rows = "".join(
        f"<tr><td>{escape(_WORDS.get(need.name, need.name.capitalize()))}</td>"
        f'<td><b class="{escape(need.level)}">{escape(need.level)}</b></td><td>{escape(need.why)}</td></tr>'
        for need in needs
    )
    return _page(
        "Set up Mainstay",
        f"""<h1>Set up Mainstay as a GitHub App</h1>
<p class="soft">GitHub shows this once more, asks for a name, and sends its keys to this machine alone.</p>
<dl>{facts}</dl>
<table><thead><tr><th>Permission</th><th>Access</th><th>What for</th></tr></thead><tbody>{rows}</tbody></table>
<form method="post" action="{escape(action)}"><input type="hidden" name="manifest" value="{escape(manifest)}">
<button autofocus>Create the App on GitHub</button></form>""",
    )


def done(slug: str, install: str, file: str, remarks: Iterable[str]) -> str:
    """The page after it went well: where the keys are, and what comes next."""
    said = "".join(f"<li><strong>{escape(remark)}</strong></li>" for remark in remarks)
    return _page(
        "Mainstay is set up",
        f"""<h1>{escape(slug)} is made</h1>
<p class="soft">Its keys are in a file that only you may read. This page may be closed.</p>
<dl><dt>Keys</dt><dd>{escape(file)}</dd></dl>
<ol>{said}<li>Install it for the repositories that it shall review.</li>
<li>See whether everything is well: <code>mainstay doctor --settings {escape(file)}</code></li>
<li>Start it: <code>mainstay serve --settings {escape(file)}</code></li></ol>
<p><a class="button" href="{escape(install)}">Install it on GitHub</a></p>""",
    )


def failed(title: str, remedy: str) -> str:
    """The page for what went wrong."""
    return _page(
        "Mainstay is not set up",
        f'<h1>{escape(title[:1].upper() + title[1:])}</h1><p class="soft">{escape(remedy)}</p>',
        kind="bad",
    )


def _page(title: str, body: str, kind: str = "") -> str:
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><style>{_STYLE}</style></head>'
        f'<body><main class="{kind}">{body}</main></body></html>\n'
    )
