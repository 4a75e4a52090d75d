"""The second half of `make demo`: the GitHub App reviews the example's pull request on a stand-in for GitHub, on this machine.

The pull request is shown as text, and as a page on loopback and in files; with `--stay` the page is served until Ctrl-C.
"""

from __future__ import annotations

import re
import shutil
import signal
import sys
import tempfile
import textwrap
import time
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from bot.entry.demo import EXAMPLE, git, make_repository
from tests.page import Heading, page
from tests.page.serving import Pages
from tests.standin import Hub, StandIn
from tests.standin.app import Key, Server, told, until

BRANCH = "simplify-clients"
CHANGED = "checkout/payments.py"
WIDTH = 100
HEADING = Heading(
    "Simplify the clients",
    "Example",
    stages=(("Reviewed", "demo-pull-request.html"), ("Fixed", "demo-pull-request-fixed.html")),
)


def main(arguments: list[str]) -> int:
    """Open the pull request, show what the App writes, push the fix, and show what becomes of the check."""
    if sys.platform == "win32":
        say("\nThe GitHub App is shown on Linux and macOS, where its server runs.")
        return 0
    with tempfile.TemporaryDirectory() as folder:
        shop = Path(folder) / "shop"
        make_repository(shop)
        key, hub = Key(), Hub(shop, "example/shop")
        hub.public_key = key.public
        hub.permissions["contents"] = "write"  # the optional permission with which threads are resolved
        hub.open("main", BRANCH)
        with Pages() as pages:
            with StandIn(hub) as github:
                server = Server(github, key, Path(folder) / "data")
                try:
                    server.start()
                    code = _play(server, hub, shop, pages)
                finally:
                    server.end()
            say(
                "\nIn your own repository:    GITHUB_TOKEN=... mainstay review https://github.com/OWNER/NAME/pull/NUMBER"
            )
            say("For a team:                docs/operations.md")
            if "--stay" in arguments:
                _stay(pages)
            else:
                say("To look at the page:       open one of the files above, or `make demo STAY=1`")
            return code


def _stay(pages: Pages) -> None:
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell has what it starts in the background ignore it
    say(f"\nThe pull request as a page: {pages.address}/    (Ctrl-C ends this)")
    try:
        while True:
            time.sleep(3600)
    except KeyboardInterrupt:
        say("")


def _play(server: Server, hub: Hub, shop: Path, pages: Pages) -> int:
    say("\nThe same pull request, reviewed by the GitHub App (`mainstay serve`) on a stand-in for GitHub:\n")
    first = _reviewed(server, hub, "opened")
    pull = hub.pulls[1]
    for comment in pull.comments:
        _show(f"{comment['path']}, line {comment['line']} ({comment['side'].lower()} side)", comment["body"])
    _show("the conversation", pull.conversation[0]["body"])
    say(f"check  {first['conclusion']}: {first['output']['title']}")
    _write_page(hub, pages, HEADING.stages[0])
    written = len(pull.comments)

    say("\nThe author pushes the safeguards back:\n")
    shutil.copytree(EXAMPLE / "before", shop, dirs_exist_ok=True)
    with (shop / CHANGED).open("a", encoding="utf-8") as file:
        file.write("\n# The clients are simple, and wait for nobody without end.\n")
    git(shop, "commit", "--quiet", "--all", "--message", "The safeguards again")
    second = _reviewed(server, hub, "synchronize")
    say(f"check  {second['conclusion']}: {second['output']['title']}")
    answers = pull.comments[written:]
    say(f"       {len(answers)} threads answered, {len(hub.resolved)} of them resolved; the summary was rewritten\n")
    _show(f"in the thread at {pull.comments[0]['path']}, line {pull.comments[0]['line']}", answers[0]["body"])
    _write_page(hub, pages, HEADING.stages[1])
    ended = (first["conclusion"], second["conclusion"], len(answers))
    return 0 if ended == ("failure", "success", written) else 3


def _reviewed(server: Server, hub: Hub, action: str) -> dict[str, Any]:
    """The ended check of the head, after a signed delivery."""
    if server.deliver(told(hub, action, title=HEADING.title)) != 202:
        raise RuntimeError("the delivery was not kept")
    head = hub.commit(BRANCH)
    until(lambda: any(c["head_sha"] == head and c["status"] == "completed" for c in hub.checks))
    return next(c for c in hub.checks if c["head_sha"] == head)


def _write_page(hub: Hub, pages: Pages, stage: tuple[str, str]) -> None:
    """The pull request as it is now, as a page: served, and in a file."""
    name, file = stage
    pages.texts[file] = page(hub, 1, replace(HEADING, stage=name), hub.resolved)
    Path(file).write_text(pages.texts[file], encoding="utf-8")
    say(f"page   {file}    (while this runs also {pages.address}/{file})")


def _show(place: str, body: str) -> None:
    """A comment as text: its visible lines, indented, folded parts left out."""
    say(f"  {place}")
    shown, folded = [], False
    for line in body.splitlines():
        folded = (folded or line.startswith("<details")) and not line.startswith("</details")
        if not folded and not line.startswith(("<!--", "</details")):
            shown.append(line)
    for line in re.sub(r"\n{3,}", "\n\n", "\n".join(shown).strip()).splitlines():
        say("\n".join(textwrap.wrap(line, WIDTH - 6, initial_indent="  | ", subsequent_indent="  | ") or ["  |"]))
    say("")


def say(text: str) -> None:
    """One line for whoever watches."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
