"""The generated page about the rules is the one that is committed."""

from __future__ import annotations

from bot.render.catalogue import render
from bot.resources import rules_folder
from bot.rulebook import built_in


def test_the_catalogue_is_not_stale() -> None:
    """`make catalogue` would change nothing."""
    assert (rules_folder() / "README.md").read_text(encoding="utf-8") == render(built_in().rules)


def test_enough_rules_speak_in_all_three_languages() -> None:
    """Thirty rules, eighteen of them in Python, Java and Go."""
    rules = built_in().rules
    assert len(rules) >= 30
    assert sum(set(r.languages) >= {"python", "java", "go"} for r in rules) >= 18
