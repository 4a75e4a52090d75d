"""What the App itself may ask, with a token that it signed, and what its installations may ask of themselves."""

from __future__ import annotations

import datetime as dt
import re
from typing import Final

from .calls import Answer, Call
from .rights import Installation, Refusal

_RANKS: Final = ("read", "write", "admin")
_HOOK: Final = {"webhook_secret": "of-the-host"}  # of the tests alone


def covers(given: dict[str, str], wanted: str) -> bool:
    """True where permissions hold `name:rank` or a higher rank of it."""
    name, _, rank = wanted.partition(":")
    return given.get(name) in _RANKS and _RANKS.index(given[name]) >= _RANKS.index(rank)


def only_apps(call: Call) -> None:
    """Refuse people: https://docs.github.com/en/rest/checks/runs#create-a-check-run."""
    if not call.who.installation:
        raise Refusal(403, "You must authenticate via a GitHub App.")


def app(call: Call) -> Answer:
    """The App."""
    return Answer(200, call.shapes.app() | {"installations_count": len(call.hub.installations)})


def installations(call: Call) -> Answer:
    """Where the App is installed."""
    return Answer(200, rows=[call.shapes.installation(i) for i in call.hub.installations.values()])


def installation(call: Call) -> Answer:
    """One installation."""
    return Answer(200, call.shapes.installation(_installation(call)))


def installation_of(call: Call) -> Answer:
    """The installation that a repository belongs to."""
    home, owner = call.home, call.home.name.split("/")[0]
    for it in call.hub.installations.values():
        if it.account == owner and (it.repositories is None or home.id in it.repositories):
            return Answer(200, call.shapes.installation(it))
    raise Refusal(404, "Not Found")


def token(call: Call) -> Answer:
    """A token for an installation: for all that it may do and where, or for less."""
    it, hub = _installation(call), call.hub
    if it.id in hub.suspended:
        raise Refusal(403, "This installation has been suspended")
    rights: dict[str, str] = call.asked.get("permissions") or hub.granted(it.id)
    if any(not covers(hub.granted(it.id), f"{name}:{rank}") for name, rank in rights.items()):
        raise Refusal(422, "The permissions requested are not granted to this installation.")
    names = [h.id for n in call.asked.get("repositories", ()) for h in hub.homes.values() if h.name.split("/")[1] == n]
    chosen = frozenset((*names, *call.asked.get("repository_ids", ())))
    text = hub.token(it.id, rights, chosen or it.repositories)
    expires = dt.datetime.now(tz=dt.UTC) + dt.timedelta(seconds=hub.lives)
    selection = "selected" if chosen or it.repositories is not None else "all"
    told = {"token": text, "expires_at": expires.strftime("%Y-%m-%dT%H:%M:%SZ"), "permissions": rights}
    return Answer(201, told | {"repository_selection": selection})


def repositories(call: Call) -> Answer:
    """The repositories of the installation that asks."""
    if not call.who.installation:
        raise Refusal(403, "You must authenticate with an installation access token in order to list repositories.")
    it = call.hub.installations[call.who.installation]
    here = [h for h in call.hub.homes.values() if h.name.split("/")[0] == it.account]
    allowed = [h for h in here if call.who.repositories is None or h.id in call.who.repositories]
    return Answer(200, rows=[call.shapes.home(h) for h in allowed], key="repositories")


def rate_limit(call: Call) -> Answer:
    """How much is left."""
    resources = {name: call.hub.budget(call.who, name).as_told() for name in ("core", "search", "graphql")}
    return Answer(200, {"resources": resources, "rate": resources["core"]})


def convert(call: Call) -> Answer:
    """The App that is made from a manifest, with its keys, this one time."""
    waiting = call.hub.manifests.pop(call.names["code"], None)
    if waiting is None:
        raise Refusal(404, "Not Found")
    slug = re.sub(r"\W+", "-", waiting.told.get("name", "app").lower())
    made = {"id": 4711, "slug": slug, "html_url": f"{call.shapes.site}/apps/{slug}", "pem": waiting.private_key}
    return Answer(201, call.shapes.app() | made | {"client_id": "Iv1.0", "client_secret": "of-the-client"} | _HOOK)


# --- deliveries ----------------------------------------------------------------------------------------------------


def hook(call: Call) -> Answer:
    """Where deliveries go."""
    return Answer(200, {name: value for name, value in call.hub.hook.items() if value is not None})


def deliveries(call: Call) -> Answer:
    """The App's deliveries, the newest first, from a cursor on."""
    size, cursor = call.page_size, call.query.get("cursor", "")
    rows = sorted(call.hub.deliveries, key=lambda d: -d["id"])
    if call.query.get("status"):
        failed = call.query["status"] == "failure"
        rows = [r for r in rows if (r["status_code"] >= 400 or r["status_code"] == 0) == failed]
    if cursor:
        rows = [r for r in rows if r["id"] < int(cursor.removeprefix("v1_"))]
    shown, headers = rows[:size], {}
    if len(rows) > size:
        address = f"{call.shapes.base}/app/hook/deliveries?per_page={size}&cursor=v1_{shown[-1]['id']}"
        headers = {"Link": f'<{address}>; rel="next"'}
    kept = [{k: v for k, v in row.items() if k not in ("url", "request", "response")} for row in shown]
    return Answer(200, kept, headers=headers)


def delivery(call: Call) -> Answer:
    """One delivery, with what was sent."""
    for row in call.hub.deliveries:
        if row["id"] == int(call.names["delivery_id"]):
            return Answer(200, row)
    raise Refusal(404, "Not Found")


def redeliver(call: Call) -> Answer:
    """Send a delivery once more, under its own id."""
    row = delivery(call).body
    if call.hub.redeliver is not None:
        call.hub.redeliver(row)
    return Answer(202, {})


def _installation(call: Call) -> Installation:
    number = int(call.names["installation_id"])
    if number not in call.hub.installations:
        raise Refusal(404, "Not Found")
    return call.hub.installations[number]
