"""git on this machine: reads changes and files by object id. Nothing here writes to a repository but one of its own (`remote`).

What git is told: `process`. Revisions and where a change starts: `repository`. Bytes and texts: `blobs`. The change:
`changes`. Settings of one side: `trees`. What a push brings: `pushes`. How a host is reached: `network`;
what is fetched from it: `remote`.
"""

from __future__ import annotations

from .changes import read_change, read_range
from .network import reached_by
from .process import GitError
from .repository import worktree_of
from .trees import list_at, read_at, read_tree

__all__ = ["GitError", "list_at", "reached_by", "read_at", "read_change", "read_range", "read_tree", "worktree_of"]
