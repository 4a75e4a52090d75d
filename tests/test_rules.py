"""Every rule's examples, one named test each, and the mutation test that shows that each key of a match matters."""

from __future__ import annotations

import pytest

from bot.examples import findings_in, mutants, prove
from bot.model import Rule
from bot.rulebook import built_in, built_in_knowledge

RULES = built_in().rules
KEYS = [(rule, path, mutant) for rule in RULES for path, mutant in mutants(rule)]


@pytest.mark.parametrize("rule", RULES, ids=[r.id for r in RULES])
def test_examples_agree_with_their_rule(rule: Rule) -> None:
    """Each bad example is found on its marked lines, each good one stays silent."""
    outcomes = prove(rule, built_in_knowledge)
    assert not outcomes, "\n\n".join(f"{o}\n{o.text}" for o in outcomes)


@pytest.mark.parametrize(("rule", "path", "mutant"), KEYS, ids=[f"{r.id} without {p}" for r, p, _ in KEYS])
def test_each_key_of_a_match_is_needed(rule: Rule, path: str, mutant: Rule) -> None:
    """Without a key of its match, a rule contradicts at least one of its examples."""
    assert any(findings_in(mutant, e, built_in_knowledge) != e.lines for e in rule.examples), (
        f"{path} changes no example of {rule.id}"
    )
