"""Holds both sides of an exchange to GitHub's own description of its interface, cut to what is used (see cut.py)."""

from __future__ import annotations

import copy
import gzip
import json
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, Self

from openapi_schema_validator import OAS30ReadValidator, OAS30WriteValidator
from referencing import Registry
from referencing.jsonschema import DRAFT4

from .calls import Route

REST: Final = Path(__file__).parent.parent / "data" / "github-rest.json.gz"
#: What GitHub answers where it refuses, by status; 422 comes with errors of two kinds.
REFUSALS: Final = ("basic-error", "validation-error", "validation-error-simple")
_NAME: Final = "urn:github"


class Contract:
    """GitHub's description of its interface. Each method gives what breaks it, in words; nothing where all is well."""

    def __init__(self, described: dict[str, Any]) -> None:
        self._described = described = _with_nothing(described)
        self._strict = copy.deepcopy(described)
        for path in self._strict["paths"].values():
            for operation in path.values():
                _close(operation.get("requestBody", {}))
        self._registry, self._strictly = _registry(described), _registry(self._strict)
        self._validators: dict[tuple[Any, ...], Any] = {}
        self._seen: set[tuple[Any, ...]] = set()
        self._words = frozenset(_enumerated(described))

    @classmethod
    @lru_cache
    def standing(cls) -> Self:
        """The slice that is kept with the tests."""
        return cls(json.loads(gzip.decompress(REST.read_bytes())))

    def query(self, route: Route, query: dict[str, str]) -> list[str]:
        """What is wrong with a request's query: names that GitHub does not know, and values that it does not take."""
        told = map(self._resolved, self._operation(route).get("parameters", ()))
        known = {p["name"]: p["schema"] for p in told if p["in"] == "query"}
        found = [f'"{name}" is not a permitted key.' for name in query if name not in known]
        for name, schema in known.items():
            value = query.get(name, "")
            if value and (schema.get("type") == "integer") and not value.isdigit():
                found.append(f"For 'query/{name}', {value!r} is not an integer.")
            if value and value not in schema.get("enum", (value,)):
                found.append(f"For 'query/{name}', {value!r} is not a member of {schema['enum']}.")
        return found

    def body(self, route: Route, asked: dict[str, Any]) -> list[str]:
        """What is wrong with a request's body, a key that GitHub does not know included, in the words of its interface."""
        body = self._operation(route).get("requestBody")
        if body is None or (not asked and not body.get("required")):
            return []
        place = _pointer("paths", route.path, route.verb.lower(), "requestBody/content/application~1json/schema")
        faults = self._validator(OAS30WriteValidator, place, self._strictly).iter_errors(asked)
        return list(dict.fromkeys(_told(fault) for fault in faults))

    def answer(self, route: Route, status: int, body: Any, dropped: frozenset[str] = frozenset()) -> list[str]:
        """What is wrong with an answer, but for fields of these names; answers of one shape are looked at once."""
        key = (route.verb, route.path, status, dropped, self._shape(body))
        if key in self._seen:
            return []
        validator = self._answers(route, status)
        if validator is None or (status >= 400 and not {"message", "documentation_url"} <= set(body)):
            return [f"{route.verb} {route.path}: {status} is not described, or is no error as GitHub tells them"]
        found = [
            f"{route.verb} {route.path} {status}: at {'/'.join(map(str, e.absolute_path))}: {e.message[:200]}"
            for e in validator.iter_errors(body)
            if not (e.validator == "required" and any(f"'{name}'" in e.message for name in dropped))
        ]
        if not found:
            self._seen.add(key)
        return found

    def delivery(self, event: str, payload: dict[str, Any]) -> list[str]:
        """What is wrong with what is told by a webhook; the action stands in the payload."""
        name = "-".join((event, *([payload["action"]] if "action" in payload else []))).replace("_", "-")
        key = ("webhook", name, self._shape(payload))
        if key in self._seen:
            return []
        if name not in self._described["x-webhooks"]:
            return [f"{name} is not described"]
        place = _pointer("x-webhooks", name, "post", "requestBody/content/application~1json/schema")
        found = [
            f"{name}: at {'/'.join(map(str, e.absolute_path))}: {e.message[:200]}"
            for e in self._validator(OAS30ReadValidator, place, self._registry).iter_errors(payload)
        ]
        if not found:
            self._seen.add(key)
        return found

    def _operation(self, route: Route) -> dict[str, Any]:
        operation: dict[str, Any] = self._described["paths"].get(route.path, {}).get(route.verb.lower(), {})
        return operation

    def _resolved(self, told: dict[str, Any]) -> dict[str, Any]:
        reference = told.get("$ref")
        if reference is None:
            return told
        kind, name = reference.removeprefix("#/components/").split("/")
        found: dict[str, Any] = self._described["components"][kind][name]
        return found

    def _answers(self, route: Route, status: int) -> Any:
        """What an answer is held to: as it is described, a refusal that is not at least as GitHub's errors are; else None."""
        response = self._operation(route).get("responses", {}).get(str(status))
        if response is None:
            kinds = REFUSALS if status >= 300 else ()
            if not kinds:
                return None
            schema = {"anyOf": [{"$ref": f"{_NAME}#/components/schemas/{kind}"} for kind in kinds]}
            return self._validator(OAS30ReadValidator, "", self._registry, schema)
        found = self._resolved(response)
        if "application/json" not in found.get("content", {}):
            return self._validator(OAS30ReadValidator, "", self._registry, {})
        if "$ref" in response:
            place = f"{response['$ref'].removeprefix('#')}/content/application~1json/schema"
        else:
            inner = f"responses/{status}/content/application~1json/schema"
            place = _pointer("paths", route.path, route.verb.lower(), inner)
        return self._validator(OAS30ReadValidator, place, self._registry)

    def _validator(self, kind: Any, place: str, registry: Any, schema: Any = None) -> Any:
        """The validator of a place in the description, made once."""
        key = (kind, place, json.dumps(schema))
        if key not in self._validators:
            self._validators[key] = kind({"$ref": f"{_NAME}#{place}"} if place else schema, registry=registry)
        return self._validators[key]

    def _shape(self, told: Any) -> Any:
        """What a description can tell two answers apart by: keys, kinds of values, and the words that it enumerates."""
        if isinstance(told, dict):
            return tuple((key, self._shape(value)) for key, value in told.items())
        if isinstance(told, list):
            return frozenset(self._shape(value) for value in told)
        if isinstance(told, str):
            return told if told in self._words else str
        return type(told)


def _registry(described: dict[str, Any]) -> Any:
    return Registry().with_resource(_NAME, DRAFT4.create_resource(described))


def _pointer(kind: str, name: str, verb: str, rest: str) -> str:
    return f"/{kind}/{name.replace('~', '~0').replace('/', '~1')}/{verb}/{rest}"


def _with_nothing(told: Any) -> Any:
    """The description with what may be null said in full where it stands beside a choice of words or kinds, as the validator wants it.

    GitHub means so: an author who has no account is null (https://docs.github.com/en/rest/commits/commits).
    """
    if isinstance(told, list):
        return [_with_nothing(value) for value in told]
    if not isinstance(told, dict):
        return told
    inner = {key: _with_nothing(value) for key, value in told.items()}
    if (
        inner.get("nullable") is True
        and "type" not in inner
        and not {"oneOf", "anyOf", "allOf", "$ref"}.isdisjoint(inner)
    ):
        del inner["nullable"]
        return {"anyOf": [inner, {"nullable": True, "enum": [None]}]}
    if inner.get("nullable") is True and isinstance(inner.get("enum"), list):
        return inner | {"enum": [*inner["enum"], None]}
    return inner


def _close(told: Any) -> None:
    """Allow an object its described keys alone."""
    if isinstance(told, dict):
        if isinstance(told.get("properties"), dict) and "additionalProperties" not in told:
            told["additionalProperties"] = False
        for value in told.values():
            _close(value)
    elif isinstance(told, list):
        for value in told:
            _close(value)


def _enumerated(told: Any) -> set[str]:
    if isinstance(told, dict):
        own = {v for v in told["enum"] if isinstance(v, str)} if isinstance(told.get("enum"), list) else set()
        return own.union(*(_enumerated(value) for value in told.values()))
    return set().union(*(_enumerated(value) for value in told)) if isinstance(told, list) else set()


def _told(fault: Any) -> str:
    """A fault of a request in the words of GitHub's interface."""
    place = "/".join(["properties", *(str(p) for p in fault.absolute_path)])
    if fault.validator == "required":
        return f"{fault.message.split(' is a required')[0].replace(chr(39), chr(34))} wasn't supplied."
    if fault.validator == "additionalProperties":
        names = sorted(set(fault.instance) - set(fault.schema.get("properties", {})))
        return " ".join(f'"{name}" is not a permitted key.' for name in names)
    if fault.validator == "maxItems":
        return f"No more than {fault.validator_value} items are allowed; {len(fault.instance)} were supplied."
    if fault.validator == "maxLength":
        return f"For '{place}', text is too long (maximum is {fault.validator_value} characters)."
    if fault.validator == "enum":
        return f"For '{place}', {fault.instance!r} is not a member of {fault.validator_value}."
    if fault.validator == "type":
        return f"For '{place}', {json.dumps(fault.instance)[:80]} is not of type {fault.validator_value}."
    return f"For '{place}', {fault.message[:120]}."
