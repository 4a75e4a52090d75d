"""Remote work: the roles of calls that ask something of another machine or process, and of those that wait for it."""

from __future__ import annotations

from typing import Final

#: Asks another machine: it may be slow, fail, or have done the work although it seems to have failed.
REMOTE: Final = frozenset(
    {
        "http.request",
        "rpc.call",
        "db.query",
        "db.write",
        "db.connect",
        "cache.get",
        "cache.set",
        "cache.lock",
        "queue.publish",
        "queue.ack",
        "cloud.call",
        "cloud.list",
        "cloud.batch",
        "storage.read",
        "storage.write",
        "mail.send",
        "dns.lookup",
        "socket.connect",
        "socket.read",
        "socket.write",
    }
)
#: Holds its thread for as long as somebody else likes: remote work, children, other threads, or a fixed time.
WAITS: Final = REMOTE | {
    "sleep",
    "wait",
    "wait.future",
    "thread.join",
    "process.run",
    "process.wait",
    "queue.consume",
    "socket.accept",
}
