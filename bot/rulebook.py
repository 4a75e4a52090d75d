"""rules/**/*.yaml -> Rules and Knowledge, strictly: whatever is not understood stops the load with file, line and remedy."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path as FilePath
from typing import Any, Final

from msgspec import Struct

from . import apifile, bundle, vocabulary
from .knowledge import Knowledge, merge
from .languages import languages
from .matchtree import ALWAYS, check_tree, kinds_of
from .model import SEVERITIES, Example, Rule, Severity
from .resources import installation, rules_folder
from .strict import Document, check_keys, expect, expect_choice, expect_texts, read
from .vocabulary import Vocabulary

_KEYS: Final = (
    "id",
    "severity",
    "match",
    "info_when",
    "covers",
    "at",
    "message",
    "safeguard",
    "mentoring",
    "references",
    "examples",
    "fix",
)
_REQUIRED: Final = ("id", "severity", "match", "message", "safeguard", "mentoring", "references", "examples")
_FIX: Final = (
    "title",
    "on",
    "add_argument",
    "replace_argument",
    "replace",
    "insert_before",
    "insert_after",
    "insert_after_check",
    "insert_first",
    "insert_last",
    "rename",
    "prepend_argument",
    "with_block",
    "imports",
)
_SAYABLE: Final = frozenset({"callee", "text", "function"})
_MARK: Final = re.compile(r"(?:#|//)\s*(finding|info)$")


class Rulebook(Struct, frozen=True):
    """Every rule, by id in order, with the vocabulary that they speak."""

    rules: tuple[Rule, ...]
    vocabulary: Vocabulary
    digest: str

    def rule(self, rule_id: str) -> Rule | None:
        """The rule of that id, None when there is none."""
        return next((r for r in self.rules if r.id == rule_id), None)


@cache
def built_in() -> Rulebook:
    """The rules that Mainstay brings. Raises Mistake."""
    return bundle.kept(f"rules-{_key()}", Rulebook, _compile_rules)


def _compile_rules() -> Rulebook:
    texts, words = _rule_texts(), _vocabulary()
    rules = tuple(load_rule(text, name, words) for name, text in texts.items())
    _check_covers(rules, rules, texts)
    return Rulebook(rules, words, digest(texts))


def _check_covers(new: Sequence[Rule], all_rules: Sequence[Rule], texts: Mapping[str, str]) -> None:
    """What a rule stands for must be other rules that there are. Raises Mistake."""
    known = {r.id for r in all_rules}
    for rule in new:
        for index, other in enumerate(rule.covers):
            if other not in known or other == rule.id:
                document = read(texts[rule.origin], rule.origin)
                raise document.mistake(
                    ("covers", index), f"{other!r} is no other rule", "Write ids as `mainstay rules list` has them."
                )


@cache
def built_in_knowledge(language: str) -> Knowledge:
    """What Mainstay knows about the libraries of one language. Raises Mistake."""
    return bundle.kept(f"{language}-{_key()}", Knowledge, lambda: _compile_knowledge(language))


def _compile_knowledge(language: str) -> Knowledge:
    words = _vocabulary()
    return merge(apifile.load(text, f"rules/apis/{name}", words) for name, text in _api_texts(language).items())


@cache
def _vocabulary() -> Vocabulary:
    return vocabulary.load(_words(), "rules/vocabulary.yaml")


def _words() -> str:
    return (rules_folder() / "vocabulary.yaml").read_text(encoding="utf-8")


def _rule_texts() -> dict[str, str]:
    folder = rules_folder()
    files = [f for f in sorted(folder.glob("*/*.yaml")) if f.parent.name != "apis"]
    return {f.relative_to(folder).as_posix(): f.read_text(encoding="utf-8") for f in files}


@cache
def _api_texts(language: str) -> dict[str, str]:
    folder: FilePath = rules_folder() / "apis"
    files = sorted((folder / language).glob("*.yaml"))
    return {f.relative_to(folder).as_posix(): f.read_text(encoding="utf-8") for f in files}


def _key() -> str:
    """Tells everything that compiling depends on, the code that does it included."""
    return digest({"engine": f"{installation()} {sorted(languages())}"})


@cache
def knowledge_digest(language: str) -> str:
    """A content hash of the API files of one language."""
    return bundle.kept(f"{language}-digest-{_key()}", str, lambda: digest(_api_texts(language)))


def digest(texts: Mapping[str, str]) -> str:
    """A content hash of named texts."""
    total = hashlib.sha256()
    for name in sorted(texts):
        total.update(f"{name}\0{len(texts[name])}\0{texts[name]}".encode("utf-8", "surrogatepass"))
    return total.hexdigest()[:16]


def extend(book: Rulebook, texts: Mapping[str, str]) -> Rulebook:
    """The rulebook with a repository's own rules. A rule that a repository brings needs one example of each sort.

    Raises Mistake, also for an id that exists.
    """
    if not texts:
        return book
    own = [load_rule(text, name, book.vocabulary, least=1) for name, text in sorted(texts.items())]
    seen = {r.id: r.origin for r in book.rules}
    for rule in own:
        if rule.id in seen:
            document = read(texts[rule.origin], rule.origin)
            raise document.mistake(
                ("id",),
                f"rule {rule.id} exists already in {seen[rule.id]}",
                "Choose another id, or switch the other rule off.",
            )
        seen[rule.id] = rule.origin
    rules = tuple(sorted((*book.rules, *own), key=lambda r: r.id))
    _check_covers(own, rules, texts)
    return Rulebook(rules, book.vocabulary, digest({"": book.digest, **texts}))


def extend_knowledge(language: str, texts: Mapping[str, str], words: Vocabulary) -> Knowledge:
    """Built-in knowledge with a repository's own API files of one language, which win. Raises Mistake."""
    own = [(name, text) for name, text in sorted(texts.items()) if read(text, name).value.get("language") == language]
    return merge([built_in_knowledge(language), *(apifile.load(text, name, words) for name, text in own)])


def load_rule(text: str, origin: str, words: Vocabulary, least: int = 2) -> Rule:
    """One rule file. `least` is the number of bad and of good examples that each language needs. Raises Mistake."""
    document = read(text, origin)
    value = check_keys(document, (), _KEYS, _REQUIRED)
    rule_id = expect(document, ("id",), str)
    expected = "/".join(FilePath(origin).with_suffix("").parts[-2:])
    if rule_id != expected or "/" not in rule_id:
        raise document.mistake(
            ("id",), f"id {rule_id!r} is not the path of its file", f"Write `id: {expected}`, or move the file."
        )
    check_tree(document, ("match",), words)
    severity: Severity = expect_choice(document, ("severity",), SEVERITIES)  # type: ignore[assignment]  # just checked against the literal's values
    milder = _milder(document, value, severity, words) if "info_when" in value else {}
    examples = _examples(document, least)
    rule = Rule(
        id=rule_id,
        family=rule_id.split("/")[0],
        severity=severity,
        languages=tuple(sorted({e.language for e in examples})),
        match=value["match"],
        info_when=milder,
        message=expect(document, ("message",), str).strip(),
        safeguard=expect(document, ("safeguard",), str).strip(),
        mentoring=expect(document, ("mentoring",), str).strip(),
        references=expect_texts(document, ("references",)),
        examples=examples,
        at=expect(document, ("at",), str) if "at" in value else "",
        fix=_fix(document, value),
        covers=expect_texts(document, ("covers",)) if "covers" in value else (),
        origin=origin,
    )
    _check_words(document, rule, words)
    return rule


def _milder(document: Document, value: Mapping[str, Any], severity: Severity, words: Vocabulary) -> Mapping[str, Any]:
    """The tree under `info_when`, or for the word `always` one that fits everything."""
    if severity == "info":
        raise document.mistake(("info_when",), "the rule is `info` already", "Leave `info_when` out.")
    if value["info_when"] == "always":
        return ALWAYS
    check_tree(document, ("info_when",), words, kinds_of(value["match"]))
    tree: Mapping[str, Any] = value["info_when"]
    return tree


def _check_words(document: Document, rule: Rule, words: Vocabulary) -> None:
    """Placeholders and `at` must be attributes of the matched kinds; references must be pages."""
    known = _SAYABLE.union(*(words.kinds[kind] for kind in kinds_of(rule.match)))
    for name in re.findall(r"{(\w+)}", rule.message):
        if name not in known:
            raise document.mistake(
                ("message",),
                f"the message asks for {{{name}}}, which the fact does not have",
                f"Use one of: {', '.join(sorted(known))}.",
            )
    if rule.at and rule.at not in known:
        raise document.mistake(
            ("at",), f"no attribute {rule.at!r} tells a place", f"Use one of: {', '.join(sorted(known))}."
        )
    for index, page in enumerate(rule.references):
        if not page.startswith("https://"):
            raise document.mistake(("references", index), "a reference is not a page", "Write its https address.")
    if not rule.references:
        raise document.mistake(("references",), "there is no reference", "Name at least one primary source.")


def _examples(document: Document, least: int) -> tuple[Example, ...]:
    found: list[Example] = []
    for language in expect(document, ("examples",), dict):
        at = ("examples", language)
        if language not in languages():
            raise document.mistake(at, f"unknown language {language!r}", f"Languages: {', '.join(languages())}.")
        check_keys(document, at, ("bad", "good"), ("bad", "good"))
        for sort in ("bad", "good"):
            texts = expect_texts(document, (*at, sort))
            if len(texts) < least:
                raise document.mistake(
                    (*at, sort), f"{language} has {len(texts)} {sort} examples", f"Write at least {least}."
                )
            found += [_example(document, (*at, sort, i), language, text) for i, text in enumerate(texts)]
    return tuple(found)


def _example(document: Document, path: tuple[str | int, ...], language: str, text: str) -> Example:
    marks = ((i, _MARK.search(line.rstrip())) for i, line in enumerate(text.split("\n"), 1))
    lines = {i: mark[1] for i, mark in marks if mark}
    good = path[-2] == "good"
    if good == bool(lines):
        wanted = "no line" if good else "the faulty line"
        raise document.mistake(
            path,
            f"a {path[-2]} example must mark {wanted} with a comment `finding` or `info`",
            "Mark it, or move the example.",
        )
    return Example(language, good, text, lines)


def _fix(document: Document, value: Mapping[str, Any]) -> Mapping[str, Mapping[str, Any]]:
    if "fix" not in value:
        return {}
    fixes = expect(document, ("fix",), dict)
    for language in fixes:
        if language not in languages():
            raise document.mistake(
                ("fix", language), f"unknown language {language!r}", f"Languages: {', '.join(languages())}."
            )
        check_keys(document, ("fix", language), _FIX, ("title",))
    return fixes
