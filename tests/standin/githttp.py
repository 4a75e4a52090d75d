"""The stand-in's git: the smart HTTP protocol over the real repository, by git's own server program.

https://git-scm.com/docs/git-http-backend, https://git-scm.com/docs/http-protocol
"""

from __future__ import annotations

import base64
import gzip
import os
import re
import subprocess
from http.server import BaseHTTPRequestHandler
from urllib.parse import urlsplit

from .rights import Refusal
from .writing import Hub

_PATHS = re.compile(r"/(?P<repository>[\w.-]+/[\w.-]+)\.git(?P<rest>/info/refs|/git-upload-pack)")


def answer(hub: Hub, handler: BaseHTTPRequestHandler, body: bytes) -> bool:
    """Answer one of git's requests, of whoever has a token; False where it is none of git's."""
    split = urlsplit(handler.path)
    match = _PATHS.fullmatch(split.path)
    if match is None:
        return False
    with hub.lock:
        hub.git_requests.append(f"{handler.command} {split.path}?{split.query} {_question(handler, body)}")
        failure = hub.fails(handler.command, split.path, after=False)
    if failure is not None and not failure.status:
        handler.close_connection = True
    elif failure is not None:
        _refuse(handler, failure.status)
    elif not _is_known(hub, _token(handler.headers.get("Authorization", ""))):
        _refuse(handler, 401)
    elif match["repository"] != hub.repository:
        _refuse(handler, 404)
    else:
        _give(handler, _ran(handler, hub, match["rest"], split.query, body))
    return True


def _is_known(hub: Hub, token: str) -> bool:
    try:
        hub.whose(token)
    except Refusal:
        return False
    return True


def _question(handler: BaseHTTPRequestHandler, body: bytes) -> str:
    """What git asks for, as words."""
    plain = gzip.decompress(body) if handler.headers.get("Content-Encoding") == "gzip" else body
    return " ".join(re.findall(r"want [0-9a-f]{40}|deepen 1|filter blob:none", plain.decode("utf-8", "replace")))


def _token(authorization: str) -> str:
    """The password of Basic authorization for GitHub's user of that purpose, empty for anything else."""
    scheme, _, rest = authorization.partition(" ")
    if scheme.lower() != "basic":
        return ""
    user, _, password = base64.b64decode(rest).decode("utf-8", "replace").partition(":")
    return password if user == "x-access-token" else ""


def _ran(handler: BaseHTTPRequestHandler, hub: Hub, rest: str, query: str, body: bytes) -> bytes:
    settings = {
        "uploadpack.allowFilter": "true",
        "uploadpack.allowAnySHA1InWant": "true" if hub.any_commit else "false",
        "uploadpack.allowReachableSHA1InWant": "true",
        "safe.directory": "*",
    }
    told = {"GIT_CONFIG_COUNT": str(len(settings))}
    for number, (name, value) in enumerate(settings.items()):
        told |= {f"GIT_CONFIG_KEY_{number}": name, f"GIT_CONFIG_VALUE_{number}": value}
    headers = handler.headers
    done = subprocess.run(
        ["git", "http-backend"],
        input=body,
        capture_output=True,
        timeout=60,
        check=True,
        env={
            **os.environ,
            **told,
            "GIT_HTTP_EXPORT_ALL": "1",
            "GIT_PROJECT_ROOT": str(hub.git.folder),
            "PATH_INFO": f"/.git{rest}",
            "QUERY_STRING": query,
            "REQUEST_METHOD": handler.command,
            "CONTENT_TYPE": headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)),
            "HTTP_CONTENT_ENCODING": headers.get("Content-Encoding", ""),
            "GIT_PROTOCOL": headers.get("Git-Protocol", ""),
            "REMOTE_ADDR": "127.0.0.1",
        },
    )
    return done.stdout


def _give(handler: BaseHTTPRequestHandler, said: bytes) -> None:
    head, _, body = said.partition(b"\r\n\r\n")
    told = dict(line.decode().split(": ", 1) for line in head.split(b"\r\n"))
    handler.send_response(int(told.pop("Status", "200 OK").split()[0]))
    for name, value in (told | {"Content-Length": str(len(body))}).items():
        handler.send_header(name, value)
    handler.end_headers()
    handler.wfile.write(body)


def _refuse(handler: BaseHTTPRequestHandler, status: int) -> None:
    handler.send_response(status)
    if status == 401:
        handler.send_header("WWW-Authenticate", 'Basic realm="GitHub"')
    if status == 301:
        handler.send_header("Location", "/shop/elsewhere.git/info/refs?service=git-upload-pack")
    handler.send_header("Content-Length", "0")
    handler.end_headers()
