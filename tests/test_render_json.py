from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from jsonschema import Draft202012Validator

from bot.model import Review
from bot.render.json import render

from .hostile import reviews
from .reviews import a_finding, a_fix, a_full_review, a_manifest, a_review

DOCS = Path(__file__).parent.parent / "docs"
SCHEMA: dict[str, Any] = json.loads((DOCS / "review.schema.json").read_text(encoding="utf-8"))


def closed(schema: Any) -> Any:
    """The schema with every object's list of fields taken as complete: what the tests demand, and readers must not."""
    if isinstance(schema, dict):
        more = {"additionalProperties": False} if "properties" in schema and schema.get("properties") else {}
        return more | {key: closed(value) for key, value in schema.items()}
    return [closed(item) for item in schema] if isinstance(schema, list) else schema


VALIDATOR = Draft202012Validator(closed(SCHEMA))


def problems(text: str) -> list[str]:
    return [f"{error.json_path}: {error.message}" for error in VALIDATOR.iter_errors(json.loads(text))]


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(SCHEMA)


def test_the_schema_describes_every_field_of_the_output() -> None:
    assert problems(render(a_full_review())) == []


def test_the_schema_refuses_what_the_form_does_not_say() -> None:
    document = json.loads(render(a_full_review()))
    document["findings"][0]["severity"] = "fatal"
    document["extra"] = 1

    assert len(problems(json.dumps(document))) == 2


def test_the_page_names_every_field_of_a_finding_and_of_the_document() -> None:
    page = (DOCS / "json.md").read_text(encoding="utf-8")
    fields = [*SCHEMA["properties"], *SCHEMA["$defs"]["finding"]["properties"], *SCHEMA["$defs"]["fix"]["properties"]]

    assert [field for field in fields if f'"{field}":' not in page] == []


def test_a_finding_carries_all_that_a_program_needs() -> None:
    finding = a_finding(fix=a_fix())

    assert json.loads(render(a_review(finding)))["findings"] == [
        {
            "rule": "timeout/http-call-without-deadline",
            "family": "timeout",
            "severity": "warning",
            "message": "`requests.post` has no deadline: one silent peer can hold this worker for ever.",
            "missing": "a deadline",
            "why": finding.rule.mentoring,
            "references": ["https://requests.readthedocs.io/en/latest/user/advanced/#timeouts"],
            "language": "python",
            "place": {
                "path": "app/client.py",
                "line": 9,
                "column": 17,
                "end_line": 9,
                "end_column": 30,
                "side": "after",
            },
            "affected": None,
            "symbol": "charge",
            "syntax": "requests.post(URL, json=item)",
            "evidence": [],
            "fingerprint": "5d2f0c9e",
            "ordinal": 0,
            "shown": True,
            "reason": "",
            "counts": True,
            "fix": {
                "title": "Give the call a time-out",
                "patch": a_fix().patch,
                "edits": [{"start": 168, "end": 168, "text": ", timeout=(3.05, 10)"}],
                "start_line": 9,
                "end_line": 9,
                "replacement": "        reply = requests.post(URL, json=item, timeout=(3.05, 10))",
            },
        }
    ]


def test_folded_findings_are_there_and_counted_apart() -> None:
    document = json.loads(render(a_full_review()))

    assert document["counts"] == {
        "shown": 2,
        "folded": 1,
        "error": 1,
        "warning": 1,
        "info": 0,
        "files_read": 2,
        "files_partly_read": 1,
        "files_passed_over": 1,
    }
    assert [finding["shown"] for finding in document["findings"]] == [True, True, False]
    assert document["findings"][2]["reason"].startswith("silenced in this change: ")


def test_times_stand_apart_from_what_is_compared() -> None:
    fast, slow = (a_review(manifest=a_manifest(timings={"facts": seconds})) for seconds in (0.1, 0.2))
    one, other = json.loads(render(fast)), json.loads(render(slow))

    assert one.pop("timings") == {"facts": 0.1}
    assert other.pop("timings") == {"facts": 0.2}
    assert one == other


def test_the_order_of_a_mapping_changes_nothing() -> None:
    one = a_manifest(request={"paths": ("a", "b"), "budget": 5, "options": {"y": 1, "x": None}})
    other = a_manifest(request={"options": {"x": None, "y": 1}, "budget": 5, "paths": ["a", "b"]})

    assert render(a_review(manifest=one)) == render(a_review(manifest=other))


@settings(max_examples=60, deadline=None)
@given(reviews())
def test_any_text_gives_a_valid_document_in_ascii(review: Review) -> None:
    text = render(review)

    assert text.isascii()
    assert problems(text) == []
    assert json.dumps(json.loads(text), ensure_ascii=False).encode()
