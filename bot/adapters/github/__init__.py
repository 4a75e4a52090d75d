"""GitHub by its REST interface: reads a pull request's two sides, and writes a review of it. PyGithub is imported here alone."""

from __future__ import annotations

from .change import BaseSources, read_change, read_pull
from .client import GitHubError, connect, in_words
from .publish import Posted, publish

__all__ = ["BaseSources", "GitHubError", "Posted", "connect", "in_words", "publish", "read_change", "read_pull"]
