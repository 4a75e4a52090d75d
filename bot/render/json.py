"""A review for programs: versioned JSON, described by docs/json.md and docs/review.schema.json."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from ..model import Evidence, Finding, Fix, Manifest, Note, Place, Review
from . import verdict
from .escape import scalar

#: Rises when a field goes or changes its meaning; a new field leaves it as it is.
SCHEMA: Final = 1


def render(review: Review) -> str:
    """The review as one JSON document in ASCII, indented, its keys always in the same order.

    The measured times stand apart under `timings`; everything else is the same for the same change and configuration.
    """
    document = {
        "schema": SCHEMA,
        "tool": {"name": "mainstay", "version": review.manifest.hashes.get("version", "")},
        "verdict": review.verdict,
        "summary": verdict.line(review),
        "reasons": review.reasons,
        "empty": review.empty,
        "threshold": review.threshold,
        "counts": _counts(review),
        "findings": [_finding(finding) for finding in review.findings],
        "notes": [_note(note) for note in review.notes],
        "problems": review.problems,
        "manifest": _manifest(review.manifest),
        "timings": _sorted(review.manifest.timings),
    }
    return json.dumps(_clean(document), indent=2, allow_nan=False) + "\n"


def _clean(value: Any) -> Any:
    """Only what JSON knows, without lone surrogates; mappings by key where their order is not ours."""
    if isinstance(value, str):
        return scalar(value)
    if isinstance(value, dict):
        return {scalar(str(key)): _clean(item) for key, item in value.items()}
    if isinstance(value, Mapping):
        return _clean(dict(value))
    if isinstance(value, list | tuple):
        return [_clean(item) for item in value]
    return value


def _sorted(mapping: Mapping[str, Any]) -> dict[str, Any]:
    return {key: _sorted(item) if isinstance(item, Mapping) else item for key, item in sorted(mapping.items())}


def _counts(review: Review) -> dict[str, int]:
    states = [file.state for file in review.manifest.files]
    return {
        "shown": len(review.shown),
        "folded": len(review.findings) - len(review.shown),
        **{str(severity): count for severity, count in verdict.by_severity(review.shown).items()},
        "files_read": states.count("read"),
        "files_partly_read": states.count("partly read"),
        "files_passed_over": states.count("passed over"),
    }


def _finding(finding: Finding) -> dict[str, Any]:
    rule = finding.rule
    return {
        "rule": rule.id,
        "family": rule.family,
        "severity": finding.severity,
        "message": finding.message,
        "missing": rule.safeguard,
        "why": rule.mentoring,
        "references": rule.references,
        "language": finding.language,
        "place": _place(finding.place),
        "affected": _place(finding.affected) if finding.affected else None,
        "symbol": finding.symbol,
        "syntax": finding.syntax,
        "evidence": [_evidence(evidence) for evidence in finding.evidence],
        "fingerprint": finding.fingerprint,
        "ordinal": finding.ordinal,
        "shown": finding.shown,
        "reason": finding.reason,
        "counts": finding.counts,
        "fix": _fix(finding.fix) if finding.fix else None,
    }


def _place(place: Place) -> dict[str, Any]:
    return {
        "path": place.path,
        "line": place.line,
        "column": place.column,
        "end_line": place.end_line,
        "end_column": place.end_column,
        "side": place.side,
    }


def _evidence(evidence: Evidence) -> dict[str, Any]:
    return {"label": evidence.label, "place": _place(evidence.place)}


def _fix(fix: Fix) -> dict[str, Any]:
    return {
        "title": fix.title,
        "patch": fix.patch,
        "edits": [{"start": edit.start, "end": edit.end, "text": edit.text} for edit in fix.edits],
        "start_line": fix.start_line,
        "end_line": fix.end_line,
        "replacement": fix.replacement,
    }


def _note(note: Note) -> dict[str, Any]:
    return {"rule": note.rule, "title": note.title, "text": note.text, "references": note.references}


def _manifest(manifest: Manifest) -> dict[str, Any]:
    return {
        "repository": manifest.repository,
        "base": manifest.base,
        "head": manifest.head,
        "merge_base": manifest.merge_base,
        "hashes": _sorted(manifest.hashes),
        "origins": _sorted(manifest.origins),
        "files": [
            {"path": file.path, "state": file.state, "reason": file.reason, "language": file.language}
            for file in manifest.files
        ],
        "rules": [{"id": rule.id, "state": rule.state, "reason": rule.reason} for rule in manifest.rules],
        "counts": _sorted(manifest.counts),
        "fingerprints": manifest.fingerprints,
        "request": _sorted(manifest.request),
    }
