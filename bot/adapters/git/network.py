"""What git is told of the network: the same authorities and the same proxy as everything else."""

from __future__ import annotations

from urllib.parse import urlsplit

from ...ports import Network


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
