"""Fixes: every recipe is proved on its rule's own examples, and a proof that fails shows nothing."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from bot.derive import derive
from bot.examples import facts_of
from bot.facts import read
from bot.fix import applied, patch, propose
from bot.match import check
from bot.model import Edit, Fix, Rule, SourceFile
from bot.rulebook import built_in, built_in_knowledge

RULES = built_in().rules
RECIPES = [(rule, language) for rule in RULES for language in rule.fix]


def fixes_of(rule: Rule, language: str) -> list[tuple[str, Fix]]:
    """The proved fixes of a rule's bad examples, each with the text it applies to."""
    found = []
    for example in rule.examples:
        if example.language != language or example.good:
            continue
        reading = derive(facts_of(example), built_in_knowledge(language))
        for finding in check((rule,), reading):
            fix = propose(finding, reading, RULES, built_in_knowledge(language), check(RULES, reading))
            if fix is not None:
                found.append((reading.facts.source.text, fix))
    return found


@pytest.mark.parametrize(("rule", "language"), RECIPES, ids=[f"{r.id} in {x}" for r, x in RECIPES])
def test_a_recipe_is_proved_on_its_own_examples(rule: Rule, language: str) -> None:
    """At least one bad example is fixed, and the fixed text is silent under the rule."""
    fixed = fixes_of(rule, language)
    assert fixed, f"the recipe of {rule.id} for {language} fixes none of its bad examples"
    for text, fix in fixed:
        after, count = applied(text, [fix])
        assert count == 1
        assert after != text
        said = check(
            (rule,), derive(read(SourceFile(f"example.{language}", language, after)), built_in_knowledge(language))
        )
        before = check(
            (rule,), derive(read(SourceFile(f"example.{language}", language, text)), built_in_knowledge(language))
        )
        assert len(said) < len(before)
        rows, new = text.split("\n"), after.split("\n")
        assert [*rows[: fix.start_line - 1], *fix.replacement.split("\n"), *rows[fix.end_line :]] == new


def test_at_least_twelve_rules_bring_a_mechanical_fix() -> None:
    """The issue that asked for fixes asked for twelve."""
    assert len({rule.id for rule, _ in RECIPES}) >= 12


def test_a_fix_that_wakes_another_rule_is_not_shown() -> None:
    """A recipe whose result another rule objects to proves nothing."""
    rule = built_in().rule("cancellation/context-detached")
    assert rule is not None
    bad = replace(rule, fix={"go": {"title": "worse", "replace": "context.TODO()"}})
    example = next(e for e in rule.examples if not e.good)
    reading = derive(facts_of(example), built_in_knowledge("go"))
    finding = check((bad,), reading)[0]
    assert propose(finding, reading, RULES, built_in_knowledge("go"), check(RULES, reading)) is None


def test_a_patch_is_what_git_apply_takes() -> None:
    """Headers, hunks, and a missing line feed at the end."""
    assert patch("a/b.py", "x\ny", "x\nz") == (
        "--- a/a/b.py\n+++ b/a/b.py\n@@ -1,2 +1,2 @@\n x\n-y\n\\ No newline at end of file\n+z\n\\ No newline at end of file\n"
    )


def test_overlapping_fixes_are_not_both_applied() -> None:
    """The first wins; the second is left for the next run."""
    one = Fix("one", (Edit(0, 3, "abc"),), 1, 1, "abc", "")
    two = Fix("two", (Edit(2, 5, "xyz"),), 1, 1, "xyz", "")
    assert applied("123456", [one, two]) == ("abc456", 1)
