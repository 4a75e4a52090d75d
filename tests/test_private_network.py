"""A network whose hosts are behind a proxy with a password and a private authority: GitHub and git are reached there, and not otherwise."""

from __future__ import annotations

import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from bot.adapters import github
from bot.adapters.git.network import reached_by
from bot.adapters.git.process import Git, GitError
from bot.entry import cli
from bot.ports import Network, PullRequest, Trouble
from tests.enclosed.gitserver import GitHandler
from tests.enclosed.guard import guarded, hosts
from tests.enclosed.network import PASSWORD, QUOTED, Enclosed, enclosed
from tests.repository import Repository
from tests.standin import Hub, StandIn
from tests.standin.app import Key, Server, told, until
from tests.standin.loopback import Loopback

GITHUB, GIT = "github.corp.invalid", "git.corp.invalid"
CLIENT = "import requests\n\n\ndef charge(order):\n    return requests.post('https://payments.example', json=order)\n"
#: What lacks of the network, what the remedy names, and how the failure is called.
LACKING = [
    ("ca_bundle", "MAINSTAY_CA_BUNDLE", "SSLError"),
    ("password", "HTTPS_PROXY", "ProxyError"),
    ("proxy", "network", "ConnectionError"),
]


@pytest.fixture
def shop(tmp_path: Path) -> Repository:
    """A repository with a change to review."""
    shop = Repository.create(tmp_path / "shop")
    shop.commit({"README.md": "a shop\n"})
    shop.run("checkout", "--quiet", "-b", "feature")
    shop.commit({"client.py": CLIENT})
    return shop


@pytest.fixture
def hub(shop: Repository, key: Key) -> Hub:
    """What GitHub knows: one pull request, and the App."""
    hub = Hub(shop.path)
    hub.public_key = key.public
    hub.open("main", "feature")
    return hub


@pytest.fixture
def standin(hub: Hub) -> Iterator[StandIn]:
    """GitHub itself, by the address that it has in its network."""
    with StandIn(hub, "https") as standin:
        standin.url = f"https://{GITHUB}/api/v3"
        yield standin


@pytest.fixture
def corporate(standin: StandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Enclosed]:
    """GitHub and git in such a network, where a name means something to the proxy alone."""
    resolve = socket.getaddrinfo

    def only_here(host: Any, *more: Any, **named: Any) -> Any:
        if host != "127.0.0.1":
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return resolve(host, *more, **named)

    monkeypatch.setattr(socket, "getaddrinfo", only_here)
    git = Loopback(GitHandler, root=tmp_path)
    with git, enclosed(tmp_path, {GITHUB: standin.port, GIT: git.port}) as network:
        yield network


def way(corporate: Enclosed, lacking: str = "") -> Network:
    """How hosts are reached there, without what is said to lack."""
    whole = Network(str(corporate.bundle), corporate.address)
    wrong = {
        "ca_bundle": {"ca_bundle": ""},
        "password": {"proxy": f"http://{corporate.proxy}"},
        "proxy": {"proxy": ""},
    }
    return replace(whole, **wrong.get(lacking, {}))


def pull(network: Network) -> Any:
    """What GitHub says of the pull request."""
    return github.read_pull(
        github.connect(f"https://{GITHUB}/api/v3", "token-of-mainstay", network), "shop/payments", 1
    )


def heads(network: Network, folder: Path) -> str:
    """What git says of the repository's branches.

    Without a proxy git would ask the machine's resolver, and so leave the machine: the name leads to a port there where nobody listens.
    """
    nowhere = {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "http.curloptResolve"}
    nowhere |= {"GIT_CONFIG_VALUE_0": f"{GIT}:443:127.0.0.1"}
    variables = {**reached_by(network, f"https://{GIT}/shop/.git"), **nowhere, "GIT_ALLOW_PROTOCOL": "https"}
    git = Git(folder, time.monotonic() + 30, variables)
    return git.run("ls-remote", "--heads", f"https://{GIT}/shop/.git").decode()


def test_github_is_reached(corporate: Enclosed, hub: Hub) -> None:
    assert pull(way(corporate)).head == hub.commit("feature")
    assert set(corporate.passed) == {f"{GITHUB}:443"}


@pytest.mark.parametrize(("lacking", "remedy", "called"), LACKING)
def test_github_is_not_reached_without(lacking: str, remedy: str, called: str, corporate: Enclosed, hub: Hub) -> None:
    with pytest.raises(github.GitHubError, match=rf"GitHub did not answer \({called}\)") as raised:
        pull(way(corporate, lacking))
    is_plain(raised.value, remedy)
    assert hub.requests == []


def test_an_answer_that_leads_elsewhere_is_not_followed(key: Key, hub: Hub, tmp_path: Path) -> None:
    """Our token would go with it: here to the same host, and unencrypted."""
    with StandIn(hub, "http") as standin, enclosed(tmp_path, {GITHUB: standin.port}) as network:
        app = github.App(f"https://{GITHUB}/api/v3", hub.app, key.private, way(network))
        unread = PullRequest(hub.repository, 1, "", hub.commit("feature"), "", 0, 0, 0)
        github.begin(app.client(77), unread, "queued")
        with pytest.raises(github.GitHubError) as raised:
            github.begin(app.client(77), unread)
    is_plain(raised.value, "answers name addresses elsewhere")


def test_git_is_reached(corporate: Enclosed, hub: Hub, tmp_path: Path) -> None:
    assert f"{hub.commit('feature')}\trefs/heads/feature" in heads(way(corporate), tmp_path)
    assert set(corporate.passed) == {f"{GIT}:443"}


@pytest.mark.parametrize(("lacking", "remedy"), [each[:2] for each in LACKING])
def test_git_is_not_reached_without(lacking: str, remedy: str, corporate: Enclosed, tmp_path: Path) -> None:
    with pytest.raises(GitError, match=f"git could not reach {GIT}") as raised:
        heads(way(corporate, lacking), tmp_path)
    is_plain(raised.value, remedy)


def is_plain(trouble: Trouble, remedy: str) -> None:
    """An error for people: it says what to do, and tells nothing that is secret."""
    assert remedy in trouble.remedy
    assert PASSWORD not in str(trouble)
    assert QUOTED not in str(trouble)


def test_a_review_by_hand_goes_there(
    corporate: Enclosed, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """By the same settings as the server; without them it ends as not reviewed, and says what to do."""
    monkeypatch.setenv("GITHUB_TOKEN", "token-of-mainstay")
    for name in ("HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy", "MAINSTAY_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    asked = ["review", f"https://{GITHUB}/shop/payments/pull/1", "--format", "agent"]
    assert cli.run(asked) == 3
    assert "Look at the address and the network." in capsys.readouterr().err

    monkeypatch.setenv("HTTPS_PROXY", corporate.address)
    monkeypatch.setenv("MAINSTAY_CA_BUNDLE", str(corporate.bundle))
    assert cli.run(asked) == 1
    assert "timeout/" in capsys.readouterr().out


@pytest.mark.skipif(sys.platform == "win32", reason="the server runs on Linux and macOS")
@pytest.mark.xdist_group("server")
def test_the_server_reviews_there(corporate: Enclosed, standin: StandIn, key: Key, tmp_path: Path) -> None:
    """By its settings alone, in all its processes: each reaches this machine and nothing else, and the proxy the rest."""
    hub, server = standin.hub, Server(standin, key, tmp_path / "data")
    own = {
        "HTTPS_PROXY": corporate.address,
        "NO_PROXY": "",
        "no_proxy": "",
        "MAINSTAY_CA_BUNDLE": str(corporate.bundle),
    }
    server._env |= guarded(tmp_path / "refused") | own
    try:
        server.start()
        assert server.deliver(told(hub)) == 202
        until(lambda: any(check["status"] == "completed" for check in hub.checks))
        assert server.stop() == 0
    finally:
        server.end()
    assert [c["conclusion"] for c in hub.checks] == ["failure"]
    assert [c["line"] for c in hub.pulls[1].comments] == [5]
    assert hosts(tmp_path / "refused") == []
    assert PASSWORD not in server.log.read_text()
    assert QUOTED not in server.log.read_text()
