"""A review as SARIF 2.1.0, in the subset that GitHub code scanning reads.

The format: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html. What GitHub wants and keeps:
https://docs.github.com/en/code-security/reference/code-scanning/sarif-files/sarif-support-for-code-scanning
"""

from __future__ import annotations

import json
import re
from typing import Any, Final

from ..model import SEVERITIES, Evidence, Finding, Fix, Place, Review, Rule, Severity
from . import verdict
from .escape import scalar, uri, visible
from .markup import links, prose
from .patch import Replacement, replacements
from .places import fixed_path, on_after_side
from .words import first_paragraph, plural

#: GitHub keeps this many results of an upload.
MOST: Final = 5_000

_SCHEMA: Final = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_ROOT: Final = "%SRCROOT%"
_LEVELS: Final[dict[Severity, str]] = {"error": "error", "warning": "warning", "info": "note"}
# GitHub's words for how severe a rule that is not about security is.
_SEVERITIES: Final[dict[Severity, str]] = {"error": "error", "warning": "warning", "info": "recommendation"}
# GitHub's limit for a description.
_LONGEST: Final = 1_000
_SEMANTIC_VERSION: Final = re.compile(r"\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?")
_ADDRESS: Final = re.compile(r"https?://[A-Za-z0-9\-._~:/?#@!$&'()*+,;=%]+")
# `[text](target)` is a link in a message: the opening bracket of one that is code has to be escaped.
_LINK: Final = re.compile(r"\[(?=[^\[\]]*\]\()")


def render(review: Review) -> str:
    """The review as one SARIF log with one run, in ASCII.

    Folded findings are there, suppressed. Of more than `MOST` findings the most severe are kept, the shown ones first,
    and a notification says how many were cut.
    """
    kept = _kept(review.findings)
    rules = sorted({finding.rule.id: finding.rule for finding in kept}.values(), key=lambda rule: rule.id)
    index = {rule.id: position for position, rule in enumerate(rules)}
    run = {
        "tool": {"driver": _driver(review, rules)},
        "invocations": [_invocation(review, len(review.findings) - len(kept))],
        "originalUriBaseIds": {_ROOT: {"description": {"text": "The root of the repository."}}},
        "columnKind": "unicodeCodePoints",
        "results": [_result(review, finding, index[finding.rule.id]) for finding in kept],
        "properties": {
            "verdict": review.verdict,
            "summary": verdict.line(review),
            "base": scalar(review.manifest.base),
            "head": scalar(review.manifest.head),
            "mergeBase": scalar(review.manifest.merge_base),
        },
    }
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _kept(findings: tuple[Finding, ...]) -> list[Finding]:
    """At most `MOST` findings in their own order: the most severe ones, shown before folded."""
    ranked = sorted(
        range(len(findings)), key=lambda i: (SEVERITIES.index(findings[i].severity), not findings[i].shown, i)
    )
    return [findings[i] for i in sorted(ranked[:MOST])]


# --- the tool and its run ----------------------------------------------------------------------------------


def _driver(review: Review, rules: list[Rule]) -> dict[str, Any]:
    driver: dict[str, Any] = {"name": "Mainstay"}
    version = review.manifest.hashes.get("version", "")
    if version:
        driver["semanticVersion" if _SEMANTIC_VERSION.fullmatch(version) else "version"] = scalar(version)
    return driver | {"rules": [_rule(rule) for rule in rules]}


def _rule(rule: Rule) -> dict[str, Any]:
    words = rule.id.rpartition("/")[2].replace("-", " ").replace("_", " ").split()
    title = f"{' '.join(words).capitalize()} (missing: {rule.safeguard})."
    full = first_paragraph(rule.mentoring) or title
    descriptor = {
        "id": scalar(rule.id),
        "name": visible("".join(word.capitalize() for word in words)),
        "shortDescription": _text(title),
        "fullDescription": _text(full if len(full) <= _LONGEST else full[: _LONGEST - 1] + "…"),
        "help": _help(rule),
        "defaultConfiguration": {"level": _LEVELS[rule.severity]},
        "properties": {
            "family": scalar(rule.family),
            "tags": ["reliability", scalar(rule.family)],
            "problem.severity": _SEVERITIES[rule.severity],
        },
    }
    address = next((reference for reference in rule.references if _ADDRESS.fullmatch(reference)), None)
    return descriptor | ({"helpUri": address} if address else {})


def _help(rule: Rule) -> dict[str, str]:
    plain = "\n".join([rule.mentoring.strip(), "", *rule.references]).strip()
    marked = "\n".join([*prose(rule.mentoring.strip()), "", *links(rule.references)]).strip()
    return {"text": scalar(plain) or rule.id, "markdown": marked or rule.id}


def _invocation(review: Review, cut: int) -> dict[str, Any]:
    level = "error" if review.verdict == "not reviewed" else "warning"
    said = [(level, reason) for reason in review.reasons]
    if cut:
        said.append(
            ("warning", f"{plural(cut, 'finding')} cut: the {MOST:,} most severe of {len(review.findings):,} are here.")
        )
    said += [("note", problem) for problem in review.problems]
    if review.empty:
        said.append(("note", review.empty))
    return {
        "executionSuccessful": review.verdict != "not reviewed",
        "toolExecutionNotifications": [{"level": level, "message": _message(text)} for level, text in said],
    }


# --- results -----------------------------------------------------------------------------------------------


def _result(review: Review, finding: Finding, rule_index: int) -> dict[str, Any]:
    place, moved = on_after_side(review, finding)
    location: dict[str, Any] = {"physicalLocation": _physical(place)}
    if finding.symbol:
        location["logicalLocations"] = [{"fullyQualifiedName": visible(finding.symbol)}]
    result: dict[str, Any] = {
        "ruleId": scalar(finding.rule.id),
        "ruleIndex": rule_index,
        "level": _LEVELS[finding.severity],
        "message": _message(f"{finding.message} {moved}".rstrip()),
        "locations": [location],
        "partialFingerprints": {"mainstay/v1": scalar(finding.fingerprint)},
        "properties": {
            "missing": visible(finding.rule.safeguard),
            "ordinal": finding.ordinal,
            "counts": finding.counts,
        },
    }
    if related := _related(finding):
        result["relatedLocations"] = related
    if finding.fix is not None:
        result["fixes"] = [_fix(finding.fix, fixed_path(finding), review)]
    if not finding.shown:
        status = "underReview" if finding.counts else "accepted"
        result["suppressions"] = [{"kind": "inSource", "status": status, "justification": visible(finding.reason)}]
    return result


def _text(text: str) -> dict[str, str]:
    return {"text": visible(" ".join(text.split()))}


def _message(text: str) -> dict[str, str]:
    return {"text": _LINK.sub(r"\\[", visible(" ".join(text.split())))}


def _physical(place: Place) -> dict[str, Any]:
    return {"artifactLocation": _artifact(place.path), "region": _region(place)}


def _artifact(path: str) -> dict[str, str]:
    return {"uri": uri(path), "uriBaseId": _ROOT}


def _region(place: Place) -> dict[str, int]:
    region = {"startLine": max(1, place.line), "startColumn": max(1, place.column)}
    end = (max(region["startLine"], place.end_line), max(1, place.end_column))
    if end > (region["startLine"], region["startColumn"]):
        region |= {"endLine": end[0], "endColumn": end[1]}
    return region


def _related(finding: Finding) -> list[dict[str, Any]]:
    """The other places on the after side that speak of the finding, each once."""
    lacking = [Evidence("the call that now lacks it", finding.affected)] if finding.affected else []
    evidence = dict.fromkeys(e for e in [*lacking, *finding.evidence] if e.place.side == "after")
    return [
        {"id": number, "physicalLocation": _physical(item.place), "message": _message(item.label)}
        for number, item in enumerate(evidence, 1)
    ]


def _fix(fix: Fix, path: str, review: Review) -> dict[str, Any]:
    """The edits by line and column; without the text to count in, the fix's whole lines."""
    source = review.sources.get(path)
    if source is None:
        changes = [
            {"deletedRegion": {"startLine": fix.start_line, "endLine": fix.end_line}, **_inserted(fix.replacement)}
        ]
    else:
        changes = [{"deletedRegion": _deleted(item), **_inserted(item.text)} for item in replacements(fix, source)]
    return {
        "description": _message(fix.title),
        "artifactChanges": [{"artifactLocation": _artifact(path), "replacements": changes}],
    }


def _deleted(item: Replacement) -> dict[str, int]:
    # An end is always given: without one the region would reach to the end of its line.
    return {"startLine": item.line, "startColumn": item.column, "endLine": item.end_line, "endColumn": item.end_column}


def _inserted(text: str) -> dict[str, Any]:
    return {"insertedContent": {"text": scalar(text)}}
