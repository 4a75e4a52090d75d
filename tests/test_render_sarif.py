from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from jsonschema import Draft202012Validator
from msgspec.structs import replace

from bot.model import Edit, Evidence, Place, Review
from bot.render.sarif import MOST, render

from .hostile import reviews
from .reviews import CLIENT, a_finding, a_fix, a_full_review, a_manifest, a_place, a_review, a_rule

SCHEMA = Path(__file__).parent / "data" / "sarif-2.1.0.json"


@cache
def validator() -> Draft202012Validator:
    return Draft202012Validator(json.loads(SCHEMA.read_text(encoding="utf-8")))


def problems(text: str) -> list[str]:
    return [f"{error.json_path}: {error.message}" for error in validator().iter_errors(json.loads(text))]


def run(review: Review) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(render(review))["runs"][0]
    return found


def test_the_log_is_valid_against_the_official_schema() -> None:
    assert problems(render(a_full_review())) == []


def test_the_schema_would_refuse_a_wrong_level() -> None:
    assert problems(render(a_review(a_finding())).replace('"level": "warning"', '"level": "info"')) != []


def test_a_finding_becomes_a_result_with_its_place_fingerprint_and_fix() -> None:
    assert run(a_review(a_finding("info", fix=a_fix())))["results"] == [
        {
            "ruleId": "timeout/http-call-without-deadline",
            "ruleIndex": 0,
            "level": "note",
            "message": {"text": "`requests.post` has no deadline: one silent peer can hold this worker for ever."},
            "locations": [
                {
                    "physicalLocation": {
                        "artifactLocation": {"uri": "app/client.py", "uriBaseId": "%SRCROOT%"},
                        "region": {"startLine": 9, "startColumn": 17, "endLine": 9, "endColumn": 30},
                    },
                    "logicalLocations": [{"fullyQualifiedName": "charge"}],
                }
            ],
            "partialFingerprints": {"mainstay/v1": "5d2f0c9e"},
            "properties": {"missing": "a deadline", "ordinal": 0, "counts": True},
            "fixes": [
                {
                    "description": {"text": "Give the call a time-out"},
                    "artifactChanges": [
                        {
                            "artifactLocation": {"uri": "app/client.py", "uriBaseId": "%SRCROOT%"},
                            "replacements": [
                                {
                                    "deletedRegion": {"startLine": 9, "startColumn": 45, "endLine": 9, "endColumn": 45},
                                    "insertedContent": {"text": ", timeout=(3.05, 10)"},
                                }
                            ],
                        }
                    ],
                }
            ],
        }
    ]


def test_a_rule_carries_its_family_help_and_level() -> None:
    rule = a_rule(severity="error")
    driver = run(a_review(a_finding(rule=rule)))["tool"]["driver"]

    assert (driver["name"], driver["semanticVersion"]) == ("Mainstay", "0.1.0")
    assert driver["rules"] == [
        {
            "id": "timeout/http-call-without-deadline",
            "name": "HttpCallWithoutDeadline",
            "shortDescription": {"text": "Http call without deadline (missing: a deadline)."},
            "fullDescription": {
                "text": "A call without an end waits as long as the other side likes."
                " One silent callee can fill the whole pool."
            },
            "help": {
                "text": f"{rule.mentoring}\n{rule.references[0]}",
                "markdown": f"{rule.mentoring}\n"
                "- [requests.readthedocs.io/en/latest/user/advanced/#timeouts](<https://requests.readthedocs.io/en/latest/user/advanced/#timeouts>)",
            },
            "defaultConfiguration": {"level": "error"},
            "properties": {"family": "timeout", "tags": ["reliability", "timeout"], "problem.severity": "error"},
            "helpUri": "https://requests.readthedocs.io/en/latest/user/advanced/#timeouts",
        }
    ]


def test_columns_of_a_fix_count_code_points() -> None:
    source = "x = 1\nname = '統一🚀'; call()\n"
    start = source.encode().index(b"()") + 1
    fix = replace(a_fix(), edits=(Edit(start, start, "t"),))
    review = a_review(a_finding(fix=fix, place=a_place("a.py", 2)), sources={"a.py": source})

    change = run(review)["results"][0]["fixes"][0]["artifactChanges"][0]["replacements"][0]

    assert change["deletedRegion"] == {"startLine": 2, "startColumn": 20, "endLine": 2, "endColumn": 20}


def test_without_the_text_a_fix_replaces_its_lines() -> None:
    change = run(a_review(a_finding(fix=a_fix()), sources={}))["results"][0]["fixes"][0]["artifactChanges"][0]

    assert change["replacements"] == [
        {
            "deletedRegion": {"startLine": 9, "endLine": 9},
            "insertedContent": {"text": "        reply = requests.post(URL, json=item, timeout=(3.05, 10))"},
        }
    ]


@pytest.mark.parametrize(("counts", "status"), [(True, "underReview"), (False, "accepted")])
def test_a_folded_finding_is_suppressed_with_its_reason(counts: bool, status: str) -> None:
    folded = a_finding(shown=False, reason="silenced in this change: x, why not", counts=counts)

    assert run(a_review(folded))["results"][0]["suppressions"] == [
        {"kind": "inSource", "status": status, "justification": "silenced in this change: x, why not"}
    ]


def test_evidence_and_the_affected_call_are_related_places_each_once() -> None:
    evidence = Evidence("made here", a_place(line=3))
    finding = a_finding(affected=a_place(line=10), evidence=(evidence, evidence))

    related = run(a_review(finding))["results"][0]["relatedLocations"]

    assert [(item["id"], item["message"]["text"]) for item in related] == [
        (1, "the call that now lacks it"),
        (2, "made here"),
    ]


BEFORE = "a\nb\ngone\nc\nd\n"


@pytest.mark.parametrize(
    ("after", "line", "nearest"),
    [("a\nb\nc\nd\n", 3, 3), ("new\nnew\na\nb\nc\nd\n", 3, 5), ("a\nb\n", 5, 2), ("z\n", 3, 1), ("c\nd\n", 1, 1)],
    ids=["the next line", "shifted", "at the end", "all replaced", "at the beginning"],
)
def test_a_deleted_line_is_placed_on_the_nearest_line_left_and_says_so(after: str, line: int, nearest: int) -> None:
    finding = a_finding(message="Gone.", place=Place("a.py", line, 1, line, 2, "before"))
    result = run(a_review(finding, sources={"a.py": after, "before:a.py": BEFORE}))["results"][0]

    assert result["locations"][0]["physicalLocation"]["region"]["startLine"] == nearest
    assert result["message"]["text"] == (
        f"Gone. It stands on line {line} before the change, which is deleted; this is the nearest place that is left."
    )


def test_a_deleted_line_of_a_deleted_file_is_placed_on_the_affected_call() -> None:
    finding = a_finding(place=a_place("old.py", 3, side="before"), affected=a_place("new.py", 7))

    location = run(a_review(finding, sources={}))["results"][0]["locations"][0]["physicalLocation"]

    assert (location["artifactLocation"]["uri"], location["region"]["startLine"]) == ("new.py", 7)


def test_the_most_severe_findings_are_kept_in_their_order_and_the_cut_is_told() -> None:
    notes = [a_finding("info", fingerprint=f"i{n}") for n in range(MOST)]
    folded = a_finding("error", fingerprint="folded", shown=False, reason="silenced")
    log = run(a_review(folded, *notes[:10], a_finding("error", fingerprint="e"), *notes[10:]))
    kept = [result["partialFingerprints"]["mainstay/v1"] for result in log["results"]]

    assert len(kept) == MOST
    assert kept[:12] == ["folded", *(f"i{n}" for n in range(10)), "e"]
    assert kept[-1] == f"i{MOST - 3}"
    assert [item["message"]["text"] for item in log["invocations"][0]["toolExecutionNotifications"]] == [
        "2 findings cut: the 5,000 most severe of 5,002 are here."
    ]


def test_a_partial_review_ran_and_says_what_it_left_out() -> None:
    invocation = run(a_full_review())["invocations"][0]

    assert invocation["executionSuccessful"] is True
    assert [(item["level"], item["message"]["text"]) for item in invocation["toolExecutionNotifications"]] == [
        ("warning", "app/huge.py was passed over: larger than 1 MB"),
        ("warning", "retry/budget failed: see the log"),
        ("note", ".mainstay.yaml is changed here; the review used the one of the merge base"),
    ]


def test_a_review_that_failed_did_not_run() -> None:
    invocation = run(a_review(verdict="not reviewed", reasons=("git is missing",)))["invocations"][0]

    assert invocation == {
        "executionSuccessful": False,
        "toolExecutionNotifications": [{"level": "error", "message": {"text": "git is missing"}}],
    }


def test_an_empty_range_is_told() -> None:
    log = run(a_review(empty="nothing to review: A..B is empty"))

    assert log["results"] == []
    assert log["properties"]["summary"] == "nothing to review: A..B is empty"


def test_paths_are_encoded_and_links_in_messages_are_not_links() -> None:
    finding = a_finding(message="`a[0](1)` and [x](https://evil.example)", place=a_place("a b/ü#.py"))
    result = run(a_review(finding, sources={}))["results"][0]

    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "a%20b/%C3%BC%23.py"
    assert result["message"]["text"] == r"`a\[0](1)` and \[x](https://evil.example)"


def test_a_version_that_is_not_semantic_and_a_reference_that_is_no_address_are_not_called_so() -> None:
    rule = a_rule(references=("a book, chapter 5",))
    driver = run(a_review(a_finding(rule=rule), manifest=a_manifest(hashes={"version": "main"})))["tool"]["driver"]

    assert (driver["version"], "semanticVersion" in driver, "helpUri" in driver["rules"][0]) == ("main", False, False)


@settings(max_examples=60, deadline=None)
@given(reviews())
def test_any_text_gives_a_valid_log_in_ascii(review: Review) -> None:
    text = render(review)

    assert text.isascii()
    assert problems(text) == []
    assert json.dumps(json.loads(text), ensure_ascii=False).encode()


def test_the_client_of_these_tests_has_the_argument_where_they_say() -> None:
    assert CLIENT.split("\n")[8][:44].endswith("json=item")
