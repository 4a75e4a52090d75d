"""What `mainstay doctor` asks GitHub: whether the App's key is good, and what its registration lacks. Imports PyGithub."""

from __future__ import annotations

import ipaddress
from collections import Counter
from collections.abc import Iterator
from typing import Final
from urllib.parse import urlsplit

from ..adapters import github
from ..ports import Trouble
from .doctor import Said
from .permissions import EVENTS, OPTIONAL, PERMISSIONS, grants, lacking
from .settings import Settings

#: Seconds that clocks may differ by: a token's time is set a minute back, and GitHub refuses one from its future.
_SKEW: Final = 30
#: What an answer to a delivery says of us.
_ANSWERS: Final = {
    401: "MAINSTAY_WEBHOOK_SECRET is another one than on the App's page.",
    404: "The address on the App's page has to end with /webhook.",
    400: "The App's page has to send application/json.",
    413: "Something before the server takes less than 25 MB.",
}
_UNREACHED: Final = "Look at the address on the App's page, at what stands before the server, and whether it runs."


def examine(settings: Settings) -> Iterator[Said]:
    """Ask GitHub in the App's own name."""
    if not _is_private(settings.github_url) and settings.github_url.startswith("http:"):
        yield Said("MAINSTAY_GITHUB_URL is asked without encryption", "Give an https address: tokens are sent to it.")
    try:
        app = github.App(settings.github_url, settings.app_id, settings.private_key, settings.network).itself()
        yield _clock(github.clock(app))
        seen = github.seen(app)
    except Trouble as trouble:
        yield Said(
            f"the App's key at {settings.github_url}: {trouble.title}",
            f"{trouble.remedy} Look at MAINSTAY_APP_ID, too.",
        )
        return
    yield Said(f"the App is {seen.slug}, and its key is good")
    yield from _rights(seen)
    for what, look in (("webhook", _hook), ("deliveries", _deliveries), ("installations", _installations)):
        try:
            yield from look(app)
        except Trouble as trouble:
            yield Said(f"the App's {what}: {trouble.title}", trouble.remedy)


def _clock(ahead: float | None) -> Said:
    if ahead is None:
        return Said("GitHub does not tell the time", note=True)
    if abs(ahead) <= _SKEW:
        return Said("the clock agrees with GitHub's")
    way = "before" if ahead > 0 else "behind"
    return Said(f"the clock is {abs(ahead):.0f} s {way} GitHub's", "Set it (NTP): GitHub refuses keys of another time.")


def _rights(app: github.AppSeen) -> Iterator[Said]:
    """Permissions and events that the App has, and those that it lacks."""
    for need in PERMISSIONS:
        given = app.permissions.get(need.name, "")
        enough = grants(given, need.level)
        remedy = "" if enough else f"Give the App {need.name}: {need.level} on its page. Without it: {need.lost}"
        yield Said(f"permission {need.name}: {given or 'none'}", remedy)
    if not grants(app.permissions.get(OPTIONAL.name, ""), OPTIONAL.level):
        yield Said(
            f"permission {OPTIONAL.name}: {OPTIONAL.level} is not given, and need not be", OPTIONAL.lost, note=True
        )
    for need in EVENTS:
        there = need.name in app.events
        remedy = "" if there else f"Subscribe the App to it on its page. Without it: {need.lost}"
        yield Said(f"event {need.name}{'' if there else ': not told'}", remedy)


def _hook(app: github.Itself) -> Iterator[Said]:
    """Where GitHub delivers."""
    hook = github.hook(app)
    if not hook.url:
        yield Said("the App has no webhook", "Set its address on the App's page: https://HOST/webhook.")
        return
    wrong = {
        "has to be one that GitHub reaches, and this is none": _is_private(hook.url),
        "is not https: what GitHub tells can be read on the way": not hook.url.startswith("https://"),
        "does not end with /webhook": urlsplit(hook.url).path.rstrip("/").rpartition("/")[2] != "webhook",
        "is sent forms: set the content type to application/json": hook.form != "json",
        "has no secret: set one, the same as MAINSTAY_WEBHOOK_SECRET": not hook.signed,
        "is not verified: set SSL verification": not hook.verified,
    }
    ill = [said for said, true in wrong.items() if true]
    yield from (Said(f"the webhook's address {hook.url} {said}", "Set it on the App's page.") for said in ill)
    if not ill:
        yield Said(f"GitHub delivers to {hook.url}, signed")


def _is_private(address: str) -> bool:
    """True for this machine by its usual names and addresses."""
    host = urlsplit(address).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _deliveries(app: github.Itself) -> Iterator[Said]:
    """How the latest deliveries were answered."""
    lost, looked = github.failed(app)
    if not looked:
        yield Said("GitHub has delivered nothing yet", note=True)
    elif not lost:
        yield Said(f"the latest {looked} deliveries were taken")
    for code, count in Counter(delivery.code for delivery in lost).most_common():
        last = next(delivery for delivery in lost if delivery.code == code)
        how = f"{code or 'no answer'} ({last.status}; the last: {last.event}, {last.at})"
        yield Said(
            f"{count} of the latest {looked} deliveries failed with {how}",
            f"{_ANSWERS.get(code, _UNREACHED)} They can be delivered again on the App's page.",
        )


def _installations(app: github.Itself) -> Iterator[Said]:
    """Who has installed the App, and what they have not granted."""
    there = github.installations(app)
    if not there:
        yield Said(
            "nobody has installed the App", "Install it from its page, for the repositories that it shall review."
        )
    for one in there:
        lacks = ", ".join(f"{need.name}: {need.level}" for need in lacking(one.permissions))
        if one.suspended:
            yield Said(
                f"the installation at {one.account} is suspended",
                "Its owner can end that; until then nothing is reviewed.",
                note=True,
            )
        elif lacks:
            yield Said(
                f"the installation at {one.account} lacks {lacks}",
                "Its owner has to accept the App's new permissions on the installation's page.",
            )
        else:
            yield Said(f"the installation at {one.account} grants what the App needs")
