"""A repository that was renamed: it is found by its old name through a redirection to its number, as at GitHub."""

from __future__ import annotations

from .state import Hub, Refusal

_NUMBER = "/repositories/1"


def send_on(hub: Hub, method: str, path: str, base: str, query: str) -> None:
    """Send whoever asks by an old name to the number. Raises Refusal, which is a redirection then."""
    for name in hub.old_names:
        home = f"/repos/{name}"
        if path == home or path.startswith(f"{home}/"):
            there = f"{base}{_NUMBER}{path.removeprefix(home)}{f'?{query}' if query else ''}"
            raise Refusal(301 if method == "GET" else 307, "Moved Permanently", headers={"Location": there})


def named(hub: Hub, path: str) -> str:
    """A path by the repository's name, where it was asked for by its number."""
    return f"/repos/{hub.repository}{path.removeprefix(_NUMBER)}" if path.startswith(_NUMBER) else path
