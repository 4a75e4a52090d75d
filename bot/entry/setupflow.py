"""The way through a browser: a page with a button, GitHub, and back with a code that is exchanged for the App's keys."""

from __future__ import annotations

import hmac
import secrets
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, ClassVar, Final, Self
from urllib.parse import parse_qs, urlencode, urlsplit

from ..ports import Network, Trouble
from . import setuppage
from .keyfile import KeyFile
from .permissions import Need
from .settingsfile import written

_SECONDS: Final = 20
_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'"
_AGAIN: Final = "Begin again with `mainstay setup`."


class Flow:
    """One making of an App. It ends once: `ended` is set, and `trouble` is what went wrong, or `slug` and `install` tell of the App.

    Only a browser that was shown the page knows `path`, and with it the state that GitHub hands back.
    """

    def __init__(
        self,
        *,
        action: str,
        manifest: str,
        shown: tuple[tuple[str, str], ...],
        needs: tuple[Need, ...],
        interface: str,
        network: Network,
        keys: KeyFile,
    ) -> None:
        self.path = f"/{secrets.token_urlsafe(24)}"
        self._state = secrets.token_urlsafe(32)
        self._page = setuppage.ask(f"{action}?{urlencode({'state': self._state})}", manifest, shown, needs)
        self._interface, self._network, self._keys = interface, network, keys
        self._once, self._used = threading.Lock(), False
        self.ended = threading.Event()
        self.trouble: Trouble | None = None
        self.slug = self.install = ""
        self.remarks: tuple[str, ...] = ()

    def answer(self, path: str, query: dict[str, list[str]]) -> tuple[int, str]:
        """The status and page for a path."""
        if hmac.compare_digest(path.encode(), self.path.encode()):
            return 200, self._page
        if path != "/made":
            return 404, setuppage.failed("there is nothing here", "Open the address that mainstay setup has told.")
        state, code = (query.get(name, [""])[0] for name in ("state", "code"))
        if not hmac.compare_digest(state.encode(), self._state.encode()):
            return 403, setuppage.failed("this does not come from the page that was shown here", _AGAIN)
        with self._once:
            first, self._used = not self._used, True
        if not first:
            return 409, setuppage.failed("this was done already", "The terminal tells how it went.")
        return self._exchange(code)

    def _exchange(self, code: str) -> tuple[int, str]:
        try:
            self._keep(code)
        except Trouble as trouble:
            self.trouble = trouble
            return 502, setuppage.failed(trouble.title, trouble.remedy)
        except ModuleNotFoundError:
            self.trouble = Trouble("what talks to GitHub is not installed", "pip install 'mainstay-review[server]'")
            return 502, setuppage.failed(self.trouble.title, self.trouble.remedy)
        return 200, setuppage.done(self.slug, self.install, str(self._keys.file), self.remarks)

    def _keep(self, code: str) -> None:
        """Exchange the code for the keys and keep them. Raises Trouble."""
        from ..adapters import github

        try:
            made = github.convert(self._interface, code, self._network)
        except Trouble as trouble:
            lost = f"{trouble.remedy} GitHub may have made the App: delete it on its page, and begin again."
            raise Trouble(f"the App's keys could not be fetched: {trouble.title}", lost) from trouble
        values = {
            "MAINSTAY_APP_ID": str(made.app_id),
            "MAINSTAY_GITHUB_URL": self._interface,
            "MAINSTAY_WEBHOOK_SECRET": made.webhook_secret,
            "MAINSTAY_PRIVATE_KEY": made.private_key,
        }
        self._keys.write(f"# The GitHub App {made.slug}. Its keys: for nobody else.\n{written(values)}")
        self.slug, self.install = made.slug, f"{made.page}/installations/new"
        if not made.webhook_secret:
            self.remarks = (f"GitHub made no webhook secret: set one on its page, and the same in {self._keys.file}.",)


class Listener:
    """Listens on this machine alone while the with-block lasts. Raises OSError where the port is taken."""

    def __init__(self, port: int = 0) -> None:
        self._handler = type("Bound", (_Handler,), {"flow": None})
        self._server = ThreadingHTTPServer(("127.0.0.1", port), self._handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self.address = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        return self

    def serve(self, flow: Flow) -> str:
        """Answer for this flow, and give the address of its page."""
        self._handler.flow = flow  # type: ignore[attr-defined]  # a class made for this one listener
        self._thread.start()
        return f"{self.address}{flow.path}"

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join(timeout=_SECONDS)
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    flow: ClassVar[Any]
    server: ThreadingHTTPServer
    timeout = _SECONDS

    def do_GET(self) -> None:
        """Answer a browser."""
        split = urlsplit(self.path)
        own = f"127.0.0.1:{self.server.server_port}"
        if self.headers.get("Host") != own:  # a name that somebody else lets point here
            status, page = 421, setuppage.failed("this is another host's address", f"Open http://{own}.")
        else:
            status, page = self.flow.answer(split.path, parse_qs(split.query))
        body = page.encode()
        self.send_response(status)
        for name, value in {
            "Content-Type": "text/html; charset=utf-8",
            "Content-Length": str(len(body)),
            "Content-Security-Policy": _POLICY,
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
        }.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()
        if self.flow.slug or self.flow.trouble is not None:  # told to the browser first, then to the terminal
            self.flow.ended.set()

    def log_message(self, format: str, *args: Any) -> None:
        """Stay quiet: paths hold the state and the code."""
