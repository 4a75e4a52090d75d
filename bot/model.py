"""The nouns of Mainstay: one frozen Struct each (msgspec: made and compared in C, where dataclasses take a third of a start).

Nothing here does I/O, and nothing here knows a language, a library or a host.
Lines and columns that people see are 1-based; columns count Unicode code points.
Offsets (`start`, `end`) count bytes of the UTF-8 text and are half-open.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, Literal

from msgspec import Struct, field

Severity = Literal["error", "warning", "info"]
Side = Literal["before", "after"]
Verdict = Literal["complete", "partial", "not reviewed"]
Status = Literal["added", "modified", "deleted", "renamed", "copied"]

#: Most severe first; the position is the rank.
SEVERITIES: Final[tuple[Severity, ...]] = ("error", "warning", "info")


class Hunk(Struct, frozen=True):
    """One changed region, without context lines.

    A pure insertion has `old_count` 0 and `old_start` naming the line *before* it; a pure deletion has
    `new_count` 0 and `new_start` naming the line before the gap (as `git diff -U0` prints them).
    """

    old_start: int
    old_count: int
    new_start: int
    new_count: int


class FileChange(Struct, frozen=True):
    """One file of a change, with both texts.

    `path` is the after side's path (the before side's for a deletion), always with forward slashes.
    `before` and `after` are None where that side does not exist or was passed over; then `passed_over` says why
    ("binary", "submodule", "symbolic link", "too large", "undecodable", ...).
    `complete` is False when only parts of the texts are known (a bare patch): unknown lines are blank.
    """

    path: str
    old_path: str | None
    status: Status
    before: str | None
    after: str | None
    hunks: tuple[Hunk, ...] = ()
    complete: bool = True
    passed_over: str = ""


class ChangeSet(Struct, frozen=True):
    """A change between two states of one repository.

    `base` and `head` are what was asked for, resolved to commit ids where there is one ("worktree", "index" and
    "patch" else); `merge_base` is the commit that the before side was read from ("" for a bare patch).
    `problems` are sentences that make the review partial.
    """

    repository: str
    base: str
    head: str
    merge_base: str
    files: tuple[FileChange, ...]
    problems: tuple[str, ...] = ()


class SourceFile(Struct, frozen=True):
    """A file as the engine reads it. `language` is the name of a folder under `bot/languages`."""

    path: str
    language: str
    text: str
    complete: bool = True


# --- what the engine sees ----------------------------------------------------------------------------------


class Span(Struct, frozen=True):
    """A stretch of text: byte offsets, 1-based lines, 0-based byte columns (as the parser counts them)."""

    start: int
    end: int
    line: int
    column: int
    end_line: int
    end_column: int


class _Unknown:
    """The one value that says "could not be folded to a constant"; it is falsy and equal only to itself."""

    __slots__ = ()

    def __bool__(self) -> bool:
        return False

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN: Final = _Unknown()


class Value(Struct, frozen=True):
    """An expression, as far as the engine understands it.

    `form` is one of VALUE_FORMS. `path` is the dotted text of a name, member, call or index ("self.pool",
    "client().get", "cache[]"), else "". `constant` is the folded value or UNKNOWN; durations fold to `Duration`.
    `call` is the id of the call fact when the form is "call", and of the function fact when it is "function".
    `parts` are operands, elements, or key and value in turn for a mapping; for a member or index the object comes first.
    `operator` is the operator of an operation, the prefix of a string.
    """

    form: str
    span: Span
    path: str = ""
    constant: Any = UNKNOWN
    call: int = -1
    parts: tuple[Value, ...] = ()
    operator: str = ""

    def walk(self) -> Iterator[Value]:
        """This value and every one below it, outermost first, in the order of the source."""
        yield self
        for part in self.parts:
            yield from part.walk()

    def operations(self) -> Iterator[Value]:
        """This value where it is an operation, and the operations that are directly its operands, and theirs."""
        if self.form == "operation":
            yield self
            for part in self.parts:
                yield from part.operations()


#: Operators that ask which of two values is the larger.
ORDERINGS: Final = frozenset({"<", "<=", ">", ">="})
VALUE_FORMS: Final = frozenset(
    {
        "name",  # x
        "member",  # a.b
        "index",  # a[b]
        "call",  # f(), new T(), T{...}
        "constant",  # a literal, or something folded to one
        "template",  # a string with holes
        "collection",  # list, tuple, set, array: literal elements in `parts`
        "mapping",  # literal pairs in `parts`: key, value, key, value ...
        "comprehension",  # built by iterating: the iterable is the last part
        "function",  # lambda or anonymous class; `call` is its function (or class) fact
        "operation",  # operator over parts ("and", "+", "not", "!=", "?:" ...)
        "await",  # await x (the inner value is the only part)
        "spread",  # *args, **kwargs, args...
        "type",  # a type used as a value
        "unknown",
    }
)


class Duration(Struct, frozen=True):
    """A length of time in seconds, folded from code."""

    seconds: float


class Argument(Struct, frozen=True):
    """One argument of a call. `name` is "" for a positional one; a spread one has a value of form "spread"."""

    name: str
    value: Value


class Parameter(Struct, frozen=True):
    """One parameter of a function. `type` is the source text of the annotation, "" where there is none."""

    name: str
    type: str = ""
    default: Value | None = None
    variadic: bool = False


class Fact(Struct, frozen=True):
    """A language-neutral observation about one file.

    `id` is its position in `Facts.all`. `parent` is the id of the enclosing fact (-1 for the file).
    `span` covers the whole construct, `focus` the part that a reader should look at (the called name and its
    arguments' first line, the header of a loop). `attributes` hold what is known, by the names that
    `rules/vocabulary.yaml` declares for the kind: a missing key means "not looked for", the text "unknown" means "looked, could not tell".
    `anchor` is the id of the syntactic fact that a derived fact speaks of (its own id for a syntactic one).
    """

    id: int
    kind: str
    span: Span
    focus: Span
    parent: int
    symbol: str
    anchor: int
    attributes: dict[str, Any] = field(default_factory=dict)
    roles: set[str] = field(default_factory=set)

    def get(self, key: str, default: Any = None) -> Any:
        """The attribute, or `default`."""
        return self.attributes.get(key, default)


# --- what is judged ----------------------------------------------------------------------------------------


class Example(Struct, frozen=True):
    """A snippet under a rule. `lines` maps 1-based lines to "finding", or "info" where `info_when` makes one milder."""

    language: str
    good: bool
    text: str
    lines: Mapping[int, str]


class Rule(Struct, frozen=True):
    """One rule. `id` equals its path under the rules folder; `family` is the part before the slash.

    `match` is the strictly checked match tree (see `bot/match.py`). `message` is one sentence with `{placeholders}`
    for attributes of the matched fact. `safeguard` names what is missing or wrong in a few words ("a deadline").
    Where `info_when`, a tree over the matched fact (`always`: every one), fits too, the finding is true but matters less: its severity is
    `info`, unless the change itself took the safeguard away.
    `fix` maps a language to a mechanical edit (see `bot/fix.py`). `covers` names rules whose finding at the same place is
    told by this rule's: one cause, one comment. `origin` is the file it was read from.
    """

    id: str
    family: str
    severity: Severity
    languages: tuple[str, ...]
    match: Mapping[str, Any]
    message: str
    safeguard: str
    mentoring: str
    references: tuple[str, ...]
    examples: tuple[Example, ...]
    info_when: Mapping[str, Any] = field(default_factory=dict)
    at: str = ""
    fix: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    covers: tuple[str, ...] = ()
    origin: str = ""


class Place(Struct, frozen=True):
    """Where a reader should look. Lines and columns are 1-based, the end column is exclusive; columns are code points.

    `side` is "after", or "before" for a deleted line.
    """

    path: str
    line: int
    column: int
    end_line: int
    end_column: int
    side: Side = "after"


class Evidence(Struct, frozen=True):
    """One fact behind a finding: a few words and where it stands."""

    label: str
    place: Place


class Edit(Struct, frozen=True):
    """Replace the bytes `start`..`end` of the after text by `text`."""

    start: int
    end: int
    text: str


class Fix(Struct, frozen=True):
    """A proved edit of one file: it applies, parses and silences the finding without waking another.

    `start_line` and `end_line` (1-based, inclusive) are the lines replaced; `replacement` is their new text without
    the last line break. `patch` is a unified diff that `git apply` takes.
    """

    title: str
    edits: tuple[Edit, ...]
    start_line: int
    end_line: int
    replacement: str
    patch: str


class Finding(Struct, frozen=True):
    """One thing that a rule says about one place.

    `symbol` is the enclosing symbol path ("" at file level); `syntax` the normalised text of the matched construct.
    `fingerprint` identifies it without line numbers. `ordinal` tells equal ones in a symbol apart (from 0).
    `shown` is False when it was folded away, and then `reason` says why ("silenced in this change: ...").
    `counts` is False when a folded finding no longer counts at the threshold.
    `affected` is set when `place` is the changed line that caused it: the place of the call that now lacks its safeguard.
    """

    rule: Rule
    severity: Severity
    message: str
    place: Place
    symbol: str
    syntax: str
    fingerprint: str
    ordinal: int = 0
    evidence: tuple[Evidence, ...] = ()
    language: str = ""
    fact: int = -1
    shown: bool = True
    reason: str = ""
    counts: bool = True
    affected: Place | None = None
    fix: Fix | None = None


class Note(Struct, frozen=True):
    """A mentoring lesson about a pattern: once a review, however many findings. `rule` is the rule's id."""

    rule: str
    title: str
    text: str
    references: tuple[str, ...] = ()


class FileEntry(Struct, frozen=True):
    """What became of one file: `state` is "read", "partly read" or "passed over", with a reason for the last two."""

    path: str
    state: Literal["read", "partly read", "passed over"]
    reason: str = ""
    language: str = ""


class RuleEntry(Struct, frozen=True):
    """What became of one rule: `state` is "ran", "off" or "failed"."""

    id: str
    state: Literal["ran", "off", "failed"]
    reason: str = ""


class Manifest(Struct, frozen=True):
    """The record behind a review, from which it can be replayed.

    `hashes` maps "configuration", "rules", "apis", "grammars" and "version" to content hashes or versions.
    `origins` says where the configuration, the rules and the API files were read from ("built-in", a commit, a path).
    `timings` (seconds by stage) are apart: they are never compared.
    """

    repository: str
    base: str
    head: str
    merge_base: str
    hashes: Mapping[str, str]
    origins: Mapping[str, str]
    files: tuple[FileEntry, ...]
    rules: tuple[RuleEntry, ...]
    counts: Mapping[str, int]
    fingerprints: tuple[str, ...]
    request: Mapping[str, Any] = field(default_factory=dict)
    timings: Mapping[str, float] = field(default_factory=dict)


class Review(Struct, frozen=True):
    """What is said about a change.

    `reasons` say why the verdict is not "complete" (empty when it is). `findings` are all, ranked; folded ones have
    `shown` False. `problems` are sentences about the configuration, suppressions and other things to tell the author.
    `sources` maps a path to the after text (and "before:" + path to the before text) of the files that findings name,
    so that a renderer can show code; it is never stored.
    `thresholds` names the paths whose own threshold differs from `threshold`.
    `empty` is the sentence for a range without changes, "" else.
    """

    verdict: Verdict
    reasons: tuple[str, ...]
    findings: tuple[Finding, ...]
    notes: tuple[Note, ...]
    problems: tuple[str, ...]
    manifest: Manifest
    sources: Mapping[str, str] = field(default_factory=dict)
    threshold: str = "warning"
    thresholds: Mapping[str, str] = field(default_factory=dict)
    empty: str = ""

    @property
    def shown(self) -> tuple[Finding, ...]:
        """The findings that are shown, ranked."""
        return tuple(f for f in self.findings if f.shown)
