"""Every reader against the annotated sources under `tests/languages`, whose README explains the notation."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.facts import read
from bot.languages import language_of, languages
from bot.languages.reader import USES
from bot.model import UNKNOWN, VALUE_FORMS, Argument, Duration, Fact, Parameter, SourceFile, Value
from bot.strict import read as read_yaml
from bot.tree import Facts

_HERE = Path(__file__).parent / "languages"
_SOURCES = sorted(p for p in _HERE.glob("*/*") if language_of(p.name) is not None)
_MISSING = object()
_MARK = re.compile(r"(?:#|//) => (.*)$")
_VOCABULARY = read_yaml((_HERE.parent.parent / "rules" / "vocabulary.yaml").read_text("utf-8"), "vocabulary.yaml").value


def _read(path: Path, text: str | None = None) -> Facts:
    source = path.read_text("utf-8") if text is None else text
    return read(SourceFile(path.name, path.parent.name, source))


def _syntactic(facts: Facts) -> list[Fact]:
    return facts.all[: facts.syntactic]


# --- values as text ----------------------------------------------------------------------------------------


def _shown(thing: Any) -> str:
    match thing:
        case Value():
            return _shown_value(thing)
        case Argument():
            return f"{thing.name}={_shown(thing.value)}" if thing.name else _shown(thing.value)
        case Parameter():
            default = f"={_shown(thing.default)}" if thing.default is not None else ""
            return thing.name + (f":{_shown(thing.type)}" if thing.type else "") + default + "..." * thing.variadic
        case frozenset() | set():
            return ",".join(sorted(thing))
        case tuple() | list():
            return ",".join(f"({_shown(t)})" if isinstance(t, tuple) else _shown(t) for t in thing)
        case str():
            return re.sub(r"\s+", "_", thing)
        case _:
            return _shown_constant(thing)


def _shown_constant(constant: Any) -> str:
    if constant is UNKNOWN:
        return "?"
    if isinstance(constant, Duration):
        return f"{constant.seconds:g}s"
    return re.sub(r"\s+", "_", json.dumps(constant, ensure_ascii=False))


def _shown_value(value: Value) -> str:
    parts = [_shown(p) for p in value.parts]
    if value.constant is not UNKNOWN or value.form == "constant":
        return _shown_constant(value.constant)
    match value.form:
        case "collection":
            return f"[{','.join(parts)}]"
        case "mapping":
            return "{" + ",".join(f"{k}:{v}" for k, v in zip(parts[::2], parts[1::2], strict=True)) + "}"
        case "function":
            return "function"
        case "operation" | "spread" if value.operator:
            return re.sub(r"\s+", "_", f"{value.operator}({','.join(parts)})")
        case "name" | "member" | "index" | "call" | "type":
            return _shown(value.path)
        case _:
            return f"{value.form}({','.join(parts)})" if parts else "?"


def _attribute(facts: Facts, fact: Fact, key: str) -> str | None:
    if key == "symbol":
        return fact.symbol
    if key == "parent":
        return facts.all[fact.parent].kind if fact.parent >= 0 else "none"
    if key == "end":
        return str(fact.span.end_line)
    if key == "consumer" and key in fact.attributes:
        consumer = fact.attributes[key]
        return facts.all[consumer].kind if consumer >= 0 else "none"
    value: Any = fact.attributes
    for step in key.split("."):
        value = _step(value, step)
    return None if value is _MISSING else _shown(value)


def _step(value: Any, step: str) -> Any:
    """One step of `value.parts.0.operator`."""
    if isinstance(value, dict):
        return value.get(step, _MISSING)
    if isinstance(value, tuple):
        return value[int(step)] if step.isdigit() and int(step) < len(value) else _MISSING
    return getattr(value, step, _MISSING)


# --- expectations ------------------------------------------------------------------------------------------


def _expectations(text: str) -> list[tuple[int, str]]:
    found = []
    for number, line in enumerate(text.split("\n"), 1):
        mark = _MARK.search(line)
        if mark:
            found += [(number, one.strip()) for one in mark[1].split("; ")]
    return found


def _fits(facts: Facts, fact: Fact, wanted: str) -> bool:
    kind, *pairs = wanted.split()
    attributes = (pair.partition("=") for pair in pairs)
    return fact.kind == kind and all(_attribute(facts, fact, key) == value for key, _, value in attributes)


def _describe(facts: Facts, line: int) -> str:
    rows = []
    for fact in _syntactic(facts):
        if fact.focus.line == line and not fact.get("text", "").startswith("=> "):
            attributes = " ".join(f"{key}={_attribute(facts, fact, key)}" for key in fact.attributes)
            rows.append(f"    {fact.kind} symbol={fact.symbol} parent={_attribute(facts, fact, 'parent')} {attributes}")
    return "\n".join(rows) or "    nothing"


def _complaints(path: Path, facts: Facts) -> list[str]:
    complaints, taken = [], set()
    for line, wanted in _expectations(facts.source.text):
        here = [f for f in _syntactic(facts) if f.focus.line == line]
        if wanted.startswith("!"):
            if any(_fits(facts, f, wanted[1:]) for f in here):
                complaints.append(f"NOISY {path.name}:{line}: {wanted[1:]}; there is\n{_describe(facts, line)}")
            continue
        fact = next((f for f in here if f.id not in taken and _fits(facts, f, wanted)), None)
        if fact is None:
            complaints.append(f"MISSING {path.name}:{line}: {wanted}; there is\n{_describe(facts, line)}")
        else:
            taken.add(fact.id)
    return complaints


# --- tests -------------------------------------------------------------------------------------------------

_each_source = pytest.mark.parametrize("path", _SOURCES, ids=lambda p: f"{p.parent.name}/{p.name}")


@_each_source
def test_the_reader_sees_what_the_source_says(path: Path) -> None:
    facts = _read(path)
    assert _expectations(facts.source.text), f"{path.name} expects nothing"
    complaints = _complaints(path, facts)
    assert not complaints, "\n".join(complaints)


@_each_source
def test_an_annotated_source_parses_unless_its_name_says_broken(path: Path) -> None:
    assert bool(_read(path).problems) == ("broken" in path.name)


@_each_source
def test_facts_lie_inside_their_parents_in_source_order(path: Path) -> None:
    facts = _read(path)
    for fact in _syntactic(facts)[1:]:
        above = facts.all[fact.parent]
        assert fact.parent < fact.id
        assert above.span.start <= fact.span.start <= fact.span.end <= above.span.end, (fact, above)
        assert fact.span.start <= fact.focus.start <= fact.focus.end <= fact.span.end, fact
        assert facts.inside(fact, above), fact


@_each_source
def test_facts_use_the_words_of_the_vocabulary(path: Path) -> None:
    for fact in _syntactic(_read(path)):
        assert fact.kind in _VOCABULARY["kinds"]
        declared = _VOCABULARY["kinds"][fact.kind]["attributes"]
        assert set(fact.attributes) <= set(declared), fact
        for key, attribute in declared.items():
            if "values" in attribute and key in fact.attributes:
                assert fact.attributes[key] in attribute["values"], fact


@_each_source
def test_uses_and_value_forms_are_the_known_ones(path: Path) -> None:
    facts = _read(path)
    for fact in _syntactic(facts):
        assert fact.get("use", "dropped") in USES
        for value in _values(list(fact.attributes.values())):
            assert value.form in VALUE_FORMS
            if value.form in ("call", "function"):
                assert facts.all[value.call].kind in ("call", "function", "class"), value


def _values(things: Any) -> list[Value]:
    if isinstance(things, Value):
        return [things, *_values(things.parts)]
    if isinstance(things, Argument):
        return _values(things.value)
    if isinstance(things, Parameter):
        return _values(things.default)
    return [v for t in things for v in _values(t)] if isinstance(things, tuple | list) else []


@pytest.mark.parametrize("language", sorted(languages()))
def test_every_language_has_annotated_sources(language: str) -> None:
    assert any(p.parent.name == language for p in _SOURCES)


_cuts = st.lists(
    st.tuples(st.floats(0, 1), st.integers(0, 400), st.sampled_from(["", "(", "}", "\n", '"', "{", "é", ":= ", "."])),
    max_size=4,
)


@_each_source
@settings(max_examples=25, deadline=None, derandomize=True)
@given(cuts=_cuts, end=st.floats(0.02, 1))
def test_damaged_text_never_makes_a_reader_fail(path: Path, cuts: list[tuple[float, int, str]], end: float) -> None:
    text = path.read_text("utf-8")
    text = text[: int(len(text) * end)]
    for where, length, instead in cuts:
        start = int(len(text) * where)
        text = text[:start] + instead + text[start + length :]
    facts = _read(path, text)
    assert facts.ends(facts.all[0]) == facts.syntactic - 1


_DEEP = {
    "go": "package p\nvar x = " + "f(" * 5000 + "1" + ")" * 5000,
    "java": "class C { int x = " + "f(" * 5000 + "1" + ")" * 5000 + "; }",
    "python": "x = " + "f(" * 5000 + "1" + ")" * 5000,
}


@pytest.mark.parametrize("language", sorted(languages()))
def test_text_that_nests_too_deeply_is_named_and_not_read(language: str) -> None:
    facts = read(SourceFile("deep", language, _DEEP[language]))
    assert facts.problems == ["nested too deeply to be read"]
    assert [f.kind for f in facts.all] == ["file"]
    assert facts.syntactic == 1


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("go", "package p\nvar x = " + " + ".join(f'"{n}"' for n in range(3000))),
        ("python", "x = " + " + ".join(f'"{n}"' for n in range(3000))),
        ("java", "class A { String x = " + " + ".join(f'"{n}"' for n in range(3000)) + "; }"),
    ],
)
def test_a_long_sum_is_folded(language: str, text: str) -> None:
    facts = read(SourceFile("long", language, text))
    value = next(f for f in facts.all if "value" in f.attributes).attributes["value"]
    assert value.constant == "".join(str(n) for n in range(3000))


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("call", "class A { void f() { b()" + ".c()" * 1999 + "; } }"),
        ("branch", "class A { void f() {" + "else ".join(" if (a) { b(); }" for _ in range(2000)) + "} }"),
    ],
)
def test_a_long_java_chain_is_read_to_its_end(kind: str, text: str) -> None:
    facts = read(SourceFile("long", "java", text))
    assert facts.problems == []
    assert len(facts.of(kind)) == 2000


@pytest.mark.parametrize(
    ("path", "language", "test", "generated"),
    [
        ("cmd/server/main.go", "go", False, False),
        ("cmd/server/main_test.go", "go", True, False),
        ("main_test.go", "go", True, False),
        ("internal/testdata/x/y.go", "go", True, False),
        ("api/v1/service.pb.go", "go", False, True),
        ("api/v1/zz_generated.deepcopy.go", "go", False, True),
        ("store/mocks/Store.go", "go", False, True),
        ("app/tests/test_views.py", "python", True, False),
        ("test_app.py", "python", True, False),
        ("app/views.py", "python", False, False),
        ("rpc/service_pb2.py", "python", False, True),
        ("app/src/main/java/com/example/Order.java", "java", False, False),
        ("app/src/main/java/com/example/Latest.java", "java", False, False),
        ("app/src/test/java/com/example/Fixtures.java", "java", True, False),
        ("app/src/integrationTest/java/com/example/Fixtures.java", "java", True, False),
        ("app/src/testFixtures/java/com/example/Orders.java", "java", True, False),
        ("app/OrderTest.java", "java", True, False),
        ("app/OrderTests.java", "java", True, False),
        ("app/OrderIT.java", "java", True, False),
        ("app/build/generated/source/Order.java", "java", False, True),
        ("src/main/java/com/example/OrderGrpc.java", "java", False, True),
        ("src/main/java/com/example/OrderOuterClass.java", "java", False, True),
    ],
)
def test_paths_tell_tests_and_generated_code(path: str, language: str, test: bool, generated: bool) -> None:
    found = language_of(path)
    assert found is not None
    assert (found.name, found.is_test(path), found.is_generated(path)) == (language, test, generated)


@pytest.mark.parametrize("path", ["README.md", "go", "py", "a.pyc", "Makefile", "x.go.txt"])
def test_other_paths_belong_to_no_language(path: str) -> None:
    assert language_of(path) is None
