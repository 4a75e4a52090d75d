"""The configuration: what is read and refused, what holds for a file, and that its description is not stale."""

from __future__ import annotations

import json
import pickle

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as some

from bot import strict
from bot.config import DEFAULT, MISNAMED, NAMES, Config, choose, explain, read, unknown_rules
from bot.config.keys import KEYS, TRIGGERS
from bot.config.schema import schema, table
from bot.strict import Mistake

from .checkout import ROOT

MONOREPO = """\
ignore: [vendor/, "*.pb.go"]
tests: [integration/]
fail-on: error
rules:
  disable: [caching/*, retry/retry-without-jitter]
  enable: [caching/key-without-version]
severity:
  timeout/*: info
  timeout/http-call-without-deadline: error
overrides:
  - paths: [services/payments]
    fail-on: warning
    suppressions: ignore
    severity: {"timeout/*": warning}
  - paths: [services, "**/*.py"]
    fail-on: never
    suppressions: trust
    rules: {enable: [retry/*]}
  - paths: [services/payments/legacy/old.py]
    rules: {disable: ["*"]}
"""


def monorepo() -> Config:
    return read(MONOREPO, ".mainstay.yaml")


def refusal(text: str) -> str:
    with pytest.raises(Mistake) as caught:
        read(text, ".mainstay.yaml")
    return str(caught.value)


# --- reading -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["", "# nothing yet\n", "{}"])
def test_an_empty_configuration_is_the_built_in_one(text: str) -> None:
    config = read(text, ".mainstay.yaml")
    assert config == Config(origin=".mainstay.yaml")
    assert (config.sayings, config.overrides) == (DEFAULT.sayings, DEFAULT.overrides)


def test_the_built_in_configuration() -> None:
    assert DEFAULT.fail_on == "warning"
    assert (DEFAULT.rules_folder, DEFAULT.apis_folder) == (".mainstay/rules", ".mainstay/apis")
    assert (DEFAULT.limit("findings"), DEFAULT.limit("per-file"), DEFAULT.limit("per-rule")) == (50, 20, 20)
    settings = DEFAULT.for_path("a/b.py")
    assert (settings.ignored, settings.test, settings.suppressions) == (False, False, "show")
    assert settings.runs("timeout/x")
    assert settings.severity("timeout/x", "info") == "info"


def test_limits_and_folders_are_read() -> None:
    text = "limits: {findings: 5, per-file: 2, per-rule: 1}\nfolders: {rules: ops/rules/, apis: ops/apis}"
    config = read(text, ".mainstay.yaml")
    assert (config.limit("findings"), config.limit("per-file"), config.limit("per-rule")) == (5, 2, 1)
    assert (config.rules_folder, config.apis_folder) == ("ops/rules", "ops/apis")


def test_what_is_said_of_pull_requests_is_read() -> None:
    text = """\
pull-requests:
  triggers: [opened, labeled]
  drafts: review
  skip-labels: [no review]
  skip-title-words: [WIP]
  base-branches: [main, release/*]
  comments: 3
  on-partial: failure
  on-not-reviewed: action-required
  pause-after: 0
  bots: []
  skip-authors: [somebody]
"""
    asked = read(text, ".mainstay.yaml").pull_requests
    assert (asked.triggers, asked.drafts, asked.comments) == (("opened", "labeled"), "review", 3)
    assert (asked.skip_labels, asked.skip_title_words) == (("no review",), ("WIP",))
    assert (asked.base_branches, asked.skip_authors) == (("main", "release/*"), ("somebody",))
    assert (asked.on_partial, asked.on_not_reviewed) == ("failure", "action-required")
    assert (asked.pause_after, asked.bots) == (0, ())


def test_pull_requests_are_reviewed_when_nothing_is_said() -> None:
    asked = DEFAULT.pull_requests
    assert asked.triggers == TRIGGERS
    assert (asked.drafts, asked.comments, asked.pause_after) == ("skip", 10, 0)
    assert (asked.on_partial, asked.on_not_reviewed) == ("neutral", "neutral")
    assert asked.skip_labels == asked.skip_title_words == asked.base_branches == asked.skip_authors == ()
    assert "dependabot[bot]" in asked.bots


def test_patterns_can_be_added_to_what_is_ignored() -> None:
    config = read("ignore: [gen/]", "c.yaml").with_ignored(["*.lock"], "elsewhere")
    assert explain(config, "a/x.lock")[0] == ("ignored", "yes, by *.lock", "elsewhere")
    assert config.for_path("gen/a.py").ignored


REFUSED = {
    "failon: error": "unknown key 'failon'\n  at .mainstay.yaml:1\n  Did you mean 'fail-on'? Keys allowed here:",
    "\nlimits: {per_file: 1}": "unknown key 'per_file' in `limits`\n  at .mainstay.yaml:2\n  Did you mean 'per-file'?",
    "fail-on: errors": "`fail-on` can't be 'errors'\n  at .mainstay.yaml:1\n  Did you mean 'error'?",
    "suppressions: off": "`suppressions` can't be 'off'",
    "severity: {timeout/x: high}": "`severity.timeout/x` can't be 'high'",
    "severity: {http-call: error}": "'http-call' names no rule\n  at .mainstay.yaml:1\n  Write a rule's id",
    "rules:\n  disable:\n    - retry": "'retry' names no rule\n  at .mainstay.yaml:3",
    "rules: {disable: ['timeout/a*']}": "'timeout/a*' names no rule",
    "rules: {disable: [a/b, a/b]}": "'a/b' stands twice in `rules.disable`",
    "rules:\n  disable: [a/b]\n  enable: [a/b]": (
        "'a/b' is both disabled and enabled (see .mainstay.yaml:2)\n  at .mainstay.yaml:3"
    ),
    "rules: [a/b]": "`rules` must be a mapping of keys to values, not a list",
    "rules:": "`rules` must be a mapping of keys to values, not nothing",
    "ignore: vendor": (
        "`ignore` must be a list, not the text 'vendor'\n  at .mainstay.yaml:1\n  Write it as a list: [vendor]."
    ),
    "ignore: ['!a']": "'!a' is not a path pattern: a pattern can't be negated",
    "ignore: ['a\\b']": "'a\\\\b' is not a path pattern: folders are separated by `/`",
    "ignore: [./a]": "'./a' is not a path pattern: it has an empty step, `.` or `..`",
    "ignore: [a//b]": "'a//b' is not a path pattern: it has an empty step",
    "ignore: ['{a,../b}']": "'{a,../b}' is not a path pattern: it has an empty step",
    "ignore: [/]": "'/' is not a path pattern: it has an empty step",
    "tests: ['{a,b']": "'{a,b' is not a path pattern: a `{` is never closed",
    "limits: {findings: 0}": "`limits.findings` can't be 0\n  at .mainstay.yaml:1\n  Write a number from 1 to 10000.",
    "limits: {findings: true}": "`limits.findings` must be a whole number, not true",
    "folders: {rules: ../elsewhere}": "`folders.rules` can't be '../elsewhere'",
    "folders: {rules: /etc}": "`folders.rules` can't be '/etc'",
    "folders: {apis: ''}": "`folders.apis` can't be ''",
    "pull-requests: {triggers: [closed]}": "`pull-requests.triggers[0]` can't be 'closed'",
    "pull-requests: {triggers: [opened, opened]}": "'opened' stands twice in `pull-requests.triggers`",
    "pull-requests: {drafts: never}": "`pull-requests.drafts` can't be 'never'",
    "pull-requests: {skip-labels: wip}": "`pull-requests.skip-labels` must be a list, not the text 'wip'",
    "pull-requests: {skip-labels: ['']}": "`pull-requests.skip-labels[0]` is empty",
    "pull-requests:\n  on-partial: success": "`pull-requests.on-partial` can't be 'success'\n  at .mainstay.yaml:2",
    "pull-requests: {pause-after: -1}": "`pull-requests.pause-after` can't be -1\n  at .mainstay.yaml:1\n  Write a number from 0",
    "pull-requests: {comments: 0}": "`pull-requests.comments` can't be 0",
    "pull-requests: {base-branches: ['{a']}": "'{a' is not a pattern of branches: a `{` is never closed",
    "pull-requests: {tone: dry}": "unknown key 'tone' in `pull-requests`",
    "overrides: [{paths: [a], pull-requests: {}}]": "unknown key 'pull-requests' in `overrides[0]`",
    "overrides: {}": "`overrides` must be a list, not a mapping of keys to values",
    "overrides:\n  - fail-on: error": "key 'paths' is missing in `overrides[0]`\n  at .mainstay.yaml:2",
    "overrides: [{paths: []}]": "`overrides[0].paths` is empty",
    "overrides: [{paths: [a], ignore: [b]}]": "unknown key 'ignore' in `overrides[0]`",
    "- a": "the file must be a mapping of keys to values, not a list",
    "ignore: &x [a]\ntests: *x": "anchor '&x' is not allowed",
    "x: " + "[" * 30: "nested more than 20 deep",
    "#" * 300_000: "the file has 300000 bytes; at most 262144 are read",
}


@pytest.mark.parametrize("text", REFUSED, ids=lambda text: text[:40])
def test_a_mistake_is_told_with_its_place_and_a_remedy(text: str) -> None:
    assert refusal(text).startswith(REFUSED[text])


def test_a_configuration_crosses_process_boundaries() -> None:
    config = monorepo()
    assert pickle.loads(pickle.dumps(config)) == config  # noqa: S301 - our own bytes


@pytest.mark.parametrize(
    ("present", "held", "told"),
    [
        ([], "", []),
        ([".mainstay.yaml"], ".mainstay.yaml", []),
        ([".github/mainstay.yaml"], ".github/mainstay.yaml", []),
        (
            [".github/mainstay.yaml", ".mainstay.yaml"],
            ".mainstay.yaml",
            ["there are two configurations; .mainstay.yaml holds\n  at .github/mainstay.yaml"],
        ),
        ([".mainstay.yml"], "", ["this file's name is not one that is read as a configuration\n  at .mainstay.yml"]),
    ],
)
def test_which_file_holds(present: list[str], held: str, told: list[str]) -> None:
    chosen, mistakes = choose(present)
    assert chosen == held
    assert ["\n".join(str(mistake).split("\n")[:2]) for mistake in mistakes] == told


def test_no_name_is_both_right_and_wrong() -> None:
    assert not set(NAMES) & set(MISNAMED)


# --- what holds for a file ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "fail_on", "suppressions"),
    [
        ("cmd/main.go", "error", "show"),
        ("tools/a.py", "never", "trust"),
        ("services/search/main.go", "never", "trust"),
        ("services/payments/main.go", "warning", "ignore"),
        ("services/payments/api.py", "warning", "ignore"),
        ("services/payments/legacy/old.py", "warning", "ignore"),
    ],
)
def test_the_most_specific_override_that_says_something_wins(path: str, fail_on: str, suppressions: str) -> None:
    settings = monorepo().for_path(path)
    assert (settings.fail_on, settings.suppressions) == (fail_on, suppressions)


def test_of_equally_specific_overrides_the_later_wins() -> None:
    text = "overrides: [{paths: [a/b], fail-on: info}, {paths: [a/b], fail-on: never}]"
    assert read(text, "x").for_path("a/b/c.py").fail_on == "never"


@pytest.mark.parametrize(
    ("path", "rule", "runs"),
    [
        ("cmd/main.go", "caching/unbounded", False),
        ("cmd/main.go", "caching/key-without-version", True),
        ("cmd/main.go", "retry/retry-without-jitter", False),
        ("cmd/main.go", "retry/other", True),
        ("services/search/main.go", "retry/retry-without-jitter", True),
        ("services/search/main.go", "caching/unbounded", False),
        ("services/payments/legacy/old.py", "timeout/http-call-without-deadline", False),
        ("services/payments/legacy/new.py", "timeout/http-call-without-deadline", True),
    ],
)
def test_rules_are_switched_by_path_first_and_by_id_before_family(path: str, rule: str, *, runs: bool) -> None:
    assert monorepo().for_path(path).runs(rule) is runs


@pytest.mark.parametrize(
    ("path", "rule", "severity"),
    [
        ("cmd/main.go", "timeout/http-call-without-deadline", "error"),
        ("cmd/main.go", "timeout/other", "info"),
        ("cmd/main.go", "retry/other", "warning"),
        ("services/payments/main.go", "timeout/http-call-without-deadline", "warning"),
        ("services/search/main.go", "timeout/http-call-without-deadline", "error"),
    ],
)
def test_severities_follow_the_same_order(path: str, rule: str, severity: str) -> None:
    assert monorepo().for_path(path).severity(rule, "warning") == severity


def test_ignored_and_test_files() -> None:
    config = monorepo()
    assert config.for_path("x/vendor/lib/a.py").ignored
    assert config.for_path("api/v1/a.pb.go").ignored
    assert not config.for_path("vendors/a.py").ignored
    assert config.for_path("services/integration/a.py").test
    assert not config.for_path("services/a.py").test


def test_the_command_line_s_threshold_goes_before_every_path() -> None:
    config = monorepo().with_threshold("info", "--fail-on")
    assert config.fail_on == "info"
    assert config.for_path("services/payments/main.go").fail_on == "info"
    assert config.for_path("services/payments/main.go").suppressions == "ignore"
    assert ("fail-on", "info", "--fail-on") in explain(config, "services/payments/main.go")


def test_rules_that_do_not_exist_are_told_with_the_nearest() -> None:
    text = "rules:\n  disable: [timeout/http-cal, '*']\nseverity: {tmeout/*: error}\n"
    text += "overrides: [{paths: [a], severity: {x/y: info}}]"
    told = [str(mistake) for mistake in unknown_rules(read(text, "c.yaml"), ["timeout/http-call", "retry/jitter"])]
    assert told == [
        "there is no rule 'timeout/http-cal'\n  at c.yaml:2\n  Did you mean 'timeout/http-call'?",
        "there is no rule 'tmeout/*'\n  at c.yaml:3\n  Did you mean 'timeout/*'?",
        "there is no rule 'x/y'\n  at c.yaml:4\n  Remove it.",
    ]


# --- where values come from --------------------------------------------------------------------------------


def test_an_explanation_for_a_file_says_what_holds_and_where_it_is_said() -> None:
    assert [tuple(row) for row in explain(monorepo(), "services/payments/api.py")] == [
        ("ignored", "no", "built-in"),
        ("test file", "no", "built-in"),
        ("fail-on", "warning", ".mainstay.yaml:12"),
        ("suppressions", "ignore", ".mainstay.yaml:13"),
        ("limits.findings", "50", "built-in"),
        ("limits.per-file", "20", "built-in"),
        ("limits.per-rule", "20", "built-in"),
        ("folders.rules", ".mainstay/rules", "built-in"),
        ("folders.apis", ".mainstay/apis", "built-in"),
        ("rules.retry/*", "on", ".mainstay.yaml:18"),
        ("rules.caching/*", "off", ".mainstay.yaml:5"),
        ("rules.caching/key-without-version", "on", ".mainstay.yaml:6"),
        ("severity.timeout/*", "warning", ".mainstay.yaml:14"),
        ("overrides", "services/payments", ".mainstay.yaml:11"),
        ("overrides", "services, **/*.py", ".mainstay.yaml:15"),
    ]


def test_an_explanation_names_the_pattern_that_ignores_a_file() -> None:
    assert explain(monorepo(), "x/a.pb.go")[0] == ("ignored", "yes, by *.pb.go", ".mainstay.yaml:1")


def test_an_explanation_for_the_repository_lists_its_patterns_and_overrides() -> None:
    rows = explain(monorepo())
    assert rows[:3] == [
        ("ignore", "vendor/", ".mainstay.yaml:1"),
        ("ignore", "*.pb.go", ".mainstay.yaml:1"),
        ("tests", "integration/", ".mainstay.yaml:2"),
    ]
    assert ("fail-on", "error", ".mainstay.yaml:3") in rows
    assert ("pull-requests.drafts", "skip", "built-in") in rows
    assert ("pull-requests.skip-labels", "none", "built-in") in rows
    assert rows[-1] == ("overrides", "services/payments/legacy/old.py", ".mainstay.yaml:19")


ids = some.sampled_from(["a/x", "a/y", "b/x"])
patterns = some.sampled_from(["a/x", "a/y", "b/x", "a/*", "b/*", "*"])
switches = some.dictionaries(patterns, some.booleans(), max_size=4)


@given(switches, switches, ids)
def test_an_explanation_agrees_with_what_runs(outer: dict[str, bool], inner: dict[str, bool], rule: str) -> None:
    def rules(said: dict[str, bool]) -> dict[str, list[str]]:
        return {"disable": [p for p, on in said.items() if not on], "enable": [p for p, on in said.items() if on]}

    overrides = [{"paths": ["src"], "rules": rules(inner)}]
    config = read(json.dumps({"rules": rules(outer), "overrides": overrides}), "c.yaml")
    rows = [row for row in explain(config, "src/a.py") if row.key.startswith("rules.")]
    told = {row.key.removeprefix("rules."): row.value for row in reversed(rows)}
    expected = next((told[p] for p in (rule, f"{rule[0]}/*", "*") if p in told), "on")
    assert config.for_path("src/a.py").runs(rule) is (expected == "on")


# --- its description ---------------------------------------------------------------------------------------


def test_the_schema_in_the_documentation_is_not_stale() -> None:
    written = (ROOT / "docs/mainstay.schema.json").read_text(encoding="utf-8")
    assert written == json.dumps(schema(), indent=2) + "\n", (
        "docs/mainstay.schema.json: write bot.config.schema.schema() to it"
    )


def test_the_table_in_the_documentation_is_not_stale() -> None:
    page = (ROOT / "docs/configuration.md").read_text(encoding="utf-8")
    written = page.partition("<!-- keys -->\n")[2].partition("<!-- /keys -->")[0]
    assert written == table(), "docs/configuration.md: write bot.config.schema.table() between its marks"


def test_the_example_in_the_documentation_is_read() -> None:
    page = (ROOT / "docs/configuration.md").read_text(encoding="utf-8")
    config = read(page.partition("```yaml\n")[2].partition("```")[0], ".mainstay.yaml")
    assert config.for_path("services/payments/a.py").fail_on == "warning"
    assert not config.for_path("x/scripts/a.py").runs("timeout/x")


def test_the_example_of_pull_requests_in_the_documentation_is_read() -> None:
    page = (ROOT / "docs/configuration.md").read_text(encoding="utf-8")
    text = page.partition("## Pull requests")[2].partition("```yaml\n")[2].partition("```")[0]
    config = read(text, ".mainstay.yaml")
    assert config.pull_requests.on_not_reviewed == "failure"
    assert config.pull_requests.triggers == TRIGGERS
    validator = jsonschema.Draft7Validator(schema())
    assert list(validator.iter_errors(strict.read(text, "x").value)) == []


def test_the_schema_is_a_schema_and_takes_what_is_read() -> None:
    jsonschema.Draft7Validator.check_schema(schema())
    validator = jsonschema.Draft7Validator(schema())
    for text in ("", MONOREPO, "limits: {findings: 5}\nfolders: {rules: a/b}"):
        assert list(validator.iter_errors(strict.read(text, "x").value)) == []


# What a schema can't say: limits of YAML itself, and relations between two places.
BEYOND_SCHEMA = (
    "rules:\n  disable: [a/b]\n  enable",
    "ignore: [./a",
    "ignore: [a//b",
    "ignore: ['{a,../b",
    "ignore: [/",
    "tests: ['{a,b",
    "pull-requests: {base-branches",
    "folders: {rules: ../",
    "ignore: &x",
    "x: [",
    "#",
)


@pytest.mark.parametrize("text", [text for text in REFUSED if not text.startswith(BEYOND_SCHEMA)], ids=lambda t: t[:40])
def test_the_schema_refuses_what_the_reader_refuses(text: str) -> None:
    assert list(jsonschema.Draft7Validator(schema()).iter_errors(strict.read(text, "x").value))


def test_each_key_is_described_once() -> None:
    assert len({key.name for key in KEYS}) == len(KEYS)
    assert all(key.meaning.endswith(".") for key in KEYS)
