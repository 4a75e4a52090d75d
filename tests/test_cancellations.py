"""Interrupts that are lost, by where the code stands: examples of a rule have no folder."""

from __future__ import annotations

import pytest

from bot.derive import derive
from bot.facts import read
from bot.model import SourceFile
from bot.rulebook import built_in_knowledge

_SOURCE = """
class Command {
  boolean remove(String path) throws CommandException {
    try {
      return answer.get();
    } catch (InterruptedException | ExecutionException e) {
      throw new CommandException(e);
    }
  }
}
"""


@pytest.mark.parametrize(
    ("path", "lost"),
    [
        ("src/main/java/store/Command.java", True),
        ("src/main/java/store/client/Command.java", True),
        ("src/main/java/store/cli/Command.java", False),
        ("store-contrib/Command.java", False),
        ("src/main/java/store/install/migrate/Command.java", False),
    ],
)
def test_nobody_interrupts_a_command_but_a_service_is_stopped(path: str, lost: bool) -> None:
    reading = derive(read(SourceFile(path, "java", _SOURCE)), built_in_knowledge("java"))
    assert [f.get("drops_cancellation") for f in reading.facts.of("handling")] == [lost]
