"""The keys of a configuration, described: a JSON Schema for editors, a table for people."""

from __future__ import annotations

from typing import Any, Final

from ..model import SEVERITIES
from ..suppress import MODES
from .keys import KEYS, MOST, NAMES, RULE_PATTERN, THRESHOLDS, Key, groups

_OVERRIDES: Final = "Other values for some paths; the most specific entry that says something holds."
_PATHS: Final = "The files and folders that this entry holds for."
_RULE: Final = {"type": "string", "pattern": RULE_PATTERN}
_TEXT: Final = {"type": "string", "pattern": r"\S"}
_PATTERN: Final = {"type": "string", "minLength": 1, "pattern": r"^[^!\\][^\\]*$"}
#: Per kind of key: its schema, and what people write.
_KINDS: Final[dict[str, tuple[dict[str, Any], str]]] = {
    "paths": ({"type": "array", "items": _PATTERN, "uniqueItems": True}, "list of path patterns"),
    "rules": ({"type": "array", "items": _RULE, "uniqueItems": True}, "list of rules"),
    "severities": (
        {"type": "object", "propertyNames": _RULE, "additionalProperties": {"enum": list(SEVERITIES)}},
        "rules with " + ", ".join(f"`{severity}`" for severity in SEVERITIES),
    ),
    "threshold": ({"enum": list(THRESHOLDS)}, ", ".join(f"`{threshold}`" for threshold in THRESHOLDS)),
    "mode": ({"enum": list(MODES)}, ", ".join(f"`{mode}`" for mode in MODES)),
    "texts": ({"type": "array", "items": _TEXT, "uniqueItems": True}, "list of texts"),
    "branches": ({"type": "array", "items": _TEXT, "uniqueItems": True}, "list of branches, with `*`"),
    "folder": ({"type": "string", "minLength": 1, "pattern": r"^[^/\\][^\\]*$"}, "folder from the root"),
}


def schema() -> dict[str, Any]:
    """The JSON Schema (draft 7, which editors know best) of a configuration. What it refuses, the reader refuses."""
    entry = _object(tuple(key for key in KEYS if key.by_path))
    paths = {**_KINDS["paths"][0], "minItems": 1, "description": _PATHS}
    entry = {**entry, "properties": {"paths": paths, **entry["properties"]}, "required": ["paths"]}
    whole = _object(KEYS)
    whole["type"] = ["object", "null"]
    whole["properties"]["overrides"] = {"type": "array", "items": entry, "description": _OVERRIDES}
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "Mainstay's configuration",
        "description": f"{NAMES[0]} or {NAMES[1]}",
        **whole,
    }


def table() -> str:
    """The keys as a Markdown table, with a line break at the end."""
    rows = ["| Key | Holds | Default | In `overrides` | Meaning |", "|---|---|---|---|---|"]
    for key in KEYS:
        defaults = key.default if isinstance(key.default, tuple) else () if key.default is None else (key.default,)
        default = ", ".join(f"`{value}`" for value in defaults)
        by_path = "yes" if key.by_path else ""
        rows.append(f"| `{key.name}` | {_kind(key)[1]} | {default} | {by_path} | {key.meaning} |")
    rows.append(f"| `overrides` | list of entries | | | {_OVERRIDES} |")
    rows.append(f"| `overrides[].paths` | list of path patterns, needed | | | {_PATHS} |")
    return "\n".join(rows) + "\n"


def _object(keys: tuple[Key, ...]) -> dict[str, Any]:
    properties: dict[str, Any] = {}
    for group, members in groups(keys).items():
        if len(members[0].steps) > 1:
            inner = {key.steps[1]: _describe(key) for key in members}
            properties[group] = {"type": "object", "additionalProperties": False, "properties": inner}
        else:
            properties[group] = _describe(members[0])
    return {"type": "object", "additionalProperties": False, "properties": properties}


def _describe(key: Key) -> dict[str, Any]:
    plain = list(key.default) if isinstance(key.default, tuple) else key.default
    default = {} if plain is None else {"default": plain}
    return {"description": key.meaning, **_kind(key)[0], **default}


def _kind(key: Key) -> tuple[dict[str, Any], str]:
    """The key's schema, and what people write."""
    words = ", ".join(f"`{choice}`" for choice in key.choices)
    if key.kind == "choice":
        return {"enum": list(key.choices)}, words
    if key.kind == "choices":
        return {"type": "array", "items": {"enum": list(key.choices)}, "uniqueItems": True}, f"list of {words}"
    if key.kind == "count":
        return {"type": "integer", "minimum": key.least, "maximum": MOST}, f"{key.least} to {MOST}"
    return _KINDS[key.kind]
