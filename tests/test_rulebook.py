"""The strict door: whatever is not understood in a rule or an API file stops the load with file, line and remedy."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bot import apifile
from bot.examples import prove
from bot.knowledge import Knowledge
from bot.rulebook import built_in, built_in_knowledge, extend, load_rule
from bot.strict import Mistake

RULE = """\
id: mine/no-sleep
severity: warning
match:
  fact: call
  role: sleep
message: "`{callee}` sleeps."
safeguard: no sleep
mentoring: Sleep is for people.
references: [https://example.org/sleep]
examples:
  python:
    bad:
      - |
        import time
        time.sleep(1)  # finding
    good:
      - |
        import time
        time.monotonic()
"""
API = """\
library: clock
language: python
import: [clock]
source: https://example.org/clock
calls:
  clock.rest: {role: sleep, deadline: {argument: seconds, unit: s, default: none}}
"""


def load(text: str) -> None:
    """Load a rule as a repository brings one."""
    load_rule(text, ".mainstay/rules/mine/no-sleep.yaml", built_in().vocabulary, least=1)


def load_api(text: str) -> Knowledge:
    """Load an API file as a repository brings one."""
    return apifile.load(text, ".mainstay/apis/clock.yaml", built_in().vocabulary)


@pytest.mark.parametrize(
    ("old", "new", "said", "line"),
    [
        ("role: sleep", "roles: sleep", "unknown key 'roles'", 5),
        ("role: sleep", "role: slumber", "unknown role 'slumber'", 5),
        ("message:", "info_when: {rol: log}\nmessage:", "unknown key 'rol'", 6),
        ("severity: warning", "severity: info\ninfo_when: {role: log}", "the rule is `info` already", 3),
        ("fact: call", "fact: cal", "unknown kind of fact 'cal'", 4),
        ("role: sleep", "use: thrown", "use is never 'thrown'", 5),
        ("  fact: call\n", "", "names no `fact`", 3),
        ("{callee}", "{nothing}", "asks for {nothing}", 6),
        ("severity: warning", "severity: fatal", "can't be 'fatal'", 2),
        ("id: mine/no-sleep", "id: mine/other", "is not the path of its file", 1),
        ("safeguard: no sleep\n", "", "key 'safeguard' is missing", 1),
        ("https://example.org/sleep", "http://example.org/sleep", "a reference is not a page", 9),
        ("  # finding", "", "must mark the faulty line", 13),
        ("    good:\n      - |\n        import time\n        time.monotonic()\n", "", "key 'good' is missing", 11),
        ("  python:", "  cobol:", "unknown language 'cobol'", 11),
    ],
)
def test_a_rule_that_is_not_understood_stops_the_load(old: str, new: str, said: str, line: int) -> None:
    """The message names what is wrong and the line of the file."""
    assert old in RULE
    with pytest.raises(Mistake) as mistake:
        load(RULE.replace(old, new))
    assert said in mistake.value.title
    assert mistake.value.place == f".mainstay/rules/mine/no-sleep.yaml:{line}"
    assert mistake.value.remedy


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("source: https://example.org/clock\n", "", "key 'source' is missing"),
        ("source: https://example.org/clock", "source: a friend", "source is not a page"),
        ("role: sleep", "role: slumber", "unknown role 'slumber'"),
        ("unit: s", "unit: fortnights", "is not known here"),
        ("default: none", "default: long", "is no length of time"),
        ("{role: sleep", "{roll: sleep", "unknown key 'roll'"),
    ],
)
def test_an_api_file_that_is_not_understood_stops_the_load(old: str, new: str, said: str) -> None:
    """An entry without a source, an unknown role, unit, key or length of time."""
    assert old in API
    with pytest.raises(Mistake, match=said):
        load_api(API.replace(old, new))


def test_a_good_rule_and_a_good_api_file_work_together() -> None:
    """A repository's rule speaks of a repository's library."""
    rule = load_rule(RULE, ".mainstay/rules/mine/no-sleep.yaml", built_in().vocabulary, least=1)
    knows: Callable[[str], Knowledge] = lambda _: load_api(API.replace("clock", "time").replace("rest", "sleep"))  # noqa: E731 - one line says it
    assert prove(rule, knows) == []
    assert prove(rule, lambda _: Knowledge())[0].verdict == "MISSING"


def test_a_rule_of_a_repository_can_not_take_a_built_in_name() -> None:
    """Two rules with one id would make one of them invisible."""
    text = RULE.replace("mine/no-sleep", "error-handling/empty-handler")
    with pytest.raises(Mistake, match="exists already"):
        extend(built_in(), {".mainstay/rules/error-handling/empty-handler.yaml": text})


def test_own_rules_come_in_order_and_change_the_digest() -> None:
    """The order of rules never depends on where they come from."""
    book = extend(built_in(), {".mainstay/rules/mine/no-sleep.yaml": RULE})
    assert [r.id for r in book.rules] == sorted(r.id for r in book.rules)
    assert book.digest != built_in().digest
    assert book.rule("mine/no-sleep") is not None


def test_a_finding_is_milder_where_the_rule_says_so() -> None:
    milder = RULE.replace("message:", "info_when: {inside: {fact: loop}}\nmessage:", 1).replace(
        "        time.sleep(1)  # finding\n",
        "        time.sleep(1)  # finding\n        for name in names:\n            time.sleep(1)  # info\n",
    )
    words = built_in().vocabulary
    rule = load_rule(milder, "rules/mine/no-sleep.yaml", words, least=1)

    assert not prove(rule, built_in_knowledge)
    hard = load_rule(milder.replace("# info", "# finding"), "rules/mine/no-sleep.yaml", words, least=1)
    assert [(o.verdict, o.line) for o in prove(hard, built_in_knowledge)] == [("SEVERITY", 4)]
