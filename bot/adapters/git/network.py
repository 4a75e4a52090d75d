"""What git is told of the network: the same authorities and the same proxy as everything else."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import urlsplit

from ...ports import Network

#: How a trouble begins that says that a host was not reached.
UNREACHED: Final = "git could not reach"
#: How git tells it of an https address; what follows are curl's words, which name no password. An answer with an error status was reached.
_COMPLAINT: Final = re.compile(
    r"unable to access '(?P<url>[^']*)': (?!The requested URL returned error)(?P<why>[^\n]*)"
)
#: Of what those words speak, and what to do about it: https://github.com/curl/curl (lib/http_proxy.c, lib/strerror.c, lib/vtls).
_REMEDIES: Final = (
    (
        re.compile(r"[Pp]roxy|CONNECT"),
        "The proxy refused or is not there: look at HTTPS_PROXY, its user and password, and NO_PROXY.",
    ),
    (
        re.compile(r"certificate|SSL|TLS"),
        "Its certificate is not trusted: name your authorities' PEM file in MAINSTAY_CA_BUNDLE.",
    ),
)
_ELSE: Final = "Look at the address and the network."


def reached_by(network: Network, url: str) -> dict[str, str]:
    """The variables with which git reaches `url`, for `Git.variables`. They may hold the proxy's password.

    They stand in the environment and never among git's arguments, which everybody on a machine may read. An empty
    proxy and `no_proxy` keep out what the environment says itself: https://git-scm.com/docs/git-config (http.proxy,
    http.sslCAInfo, http.proxySSLCAInfo), https://curl.se/libcurl/c/libcurl-env.html.
    """
    parts = urlsplit(url)
    proxy = network.proxy_for(parts.scheme, parts.hostname or "", parts.port)
    none = dict.fromkeys(("http_proxy", "ALL_PROXY", "all_proxy", "NO_PROXY"), "")
    through = {"HTTPS_PROXY": proxy, "https_proxy": proxy, "no_proxy": "" if proxy else "*"}
    trusted = dict.fromkeys(("GIT_SSL_CAINFO", "GIT_PROXY_SSL_CAINFO"), network.ca_bundle) if network.ca_bundle else {}
    return {**none, **through, **trusted}


def unreached(complaint: str) -> tuple[str, str] | None:
    """What is the matter and what to do, where git says that it could not reach a host; None for all else that it says."""
    told = _COMPLAINT.search(complaint)
    if told is None:
        return None
    host = urlsplit(told["url"]).hostname or "the host"
    remedy = next((remedy for words, remedy in _REMEDIES if words.search(told["why"])), _ELSE)
    return f"{UNREACHED} {host}", remedy
