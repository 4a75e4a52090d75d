"""Cuts the slices of GitHub's own descriptions that the stand-in is held to, from packages unpacked beforehand.

    npm pack @octokit/openapi@23.0.2 @octokit/graphql-schema@15.26.1 @octokit/webhooks-examples@7.6.1
    for name in *.tgz; do mkdir "${name%.tgz}" && tar -xzf "$name" -C "${name%.tgz}"; done
    python -m tests.standin.cut FOLDER          # where the packages lie unpacked

Kept are the calls of routes.py, the deliveries of telling.py and all that they refer to; descriptions and examples are left out. Each
file says from which package and version it was cut, tests/data/README.md also under which licence.
"""

from __future__ import annotations

import gzip
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from graphql import (
    GraphQLNamedType,
    GraphQLSchema,
    build_schema,
    get_named_type,
    is_input_object_type,
    is_interface_type,
    is_leaf_type,
    is_object_type,
    is_union_type,
    print_schema,
)

from .contract import REFUSALS, REST
from .graphql import SCHEMA
from .routes import ROUTES
from .telling import EVENTS

EXAMPLES: Final = REST.parent / "github-webhooks.json.gz"

#: What says nothing about what is allowed.
_WORDS: Final = frozenset(
    {"description", "summary", "example", "examples", "externalDocs", "tags", "operationId", "title", "deprecated"}
)
#: Hosts of package registries in examples, which have no place among our data.
_SHOPS: Final = re.compile(r"\b(?:\w+\.)?(?:pkg\.github\.com|ghcr\.io)\b")
#: Maps whose keys are names, not words of the description.
_NAMES: Final = frozenset({"properties", "schemas", "responses", "paths", "parameters", "headers", "content"})
#: Fields that lead from one kept type to another; those with plain values are all kept.
_LINKS: Final = {
    "Query": {"repository", "node"},
    "Mutation": {"resolveReviewThread"},
    "Repository": {"pullRequest"},
    "PullRequest": {"reviewThreads", "author"},
    "PullRequestReviewThreadConnection": {"nodes", "pageInfo"},
    "PullRequestReviewThread": {"comments", "resolvedBy", "pullRequest"},
    "PullRequestReviewCommentConnection": {"nodes", "pageInfo"},
    "PullRequestReviewComment": {"author", "replyTo"},
    "ResolveReviewThreadPayload": {"thread"},
    "PageInfo": set(),
    "Actor": set(),
    "Node": set(),
    "Bot": set(),
    "User": set(),
}


def main(folder: Path) -> int:
    """Write the three files."""
    packages = {_package(p)["name"]: p.parent for p in sorted(folder.glob("*/package/package.json"))}
    rest = packages["@octokit/openapi"]
    described = json.loads((rest / "generated" / "api.github.com.json").read_text(encoding="utf-8"))
    _zip(REST, _source(rest, "generated/api.github.com.json") | rest_slice(described))
    graph = packages["@octokit/graphql-schema"]
    source = _source(graph, "schema.graphql")["source"]
    told = "".join(f"# {name}: {value}\n" for name, value in source.items())
    SCHEMA.write_text(f"{told}\n{graphql_slice((graph / 'schema.graphql').read_text(encoding='utf-8'))}", "utf-8")
    shown = packages["@octokit/webhooks-examples"]
    text = (shown / "api.github.com" / "index.json").read_text(encoding="utf-8")
    events = json.loads(_SHOPS.sub("packages.example.org", text))
    _zip(EXAMPLES, _source(shown, "api.github.com/index.json") | {"events": {e["name"]: e["examples"] for e in events}})
    return 0


def _package(file: Path) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return told


def _source(package: Path, file: str) -> dict[str, Any]:
    told = _package(package / "package.json")
    return {"source": {"package": told["name"], "version": told["version"], "file": file, "licence": told["license"]}}


def _zip(file: Path, told: dict[str, Any]) -> None:
    text = json.dumps(told, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    file.write_bytes(gzip.compress(text.encode(), compresslevel=9, mtime=0))


# --- REST ----------------------------------------------------------------------------------------------------------


def rest_slice(described: dict[str, Any]) -> dict[str, Any]:
    """The description of the calls in `ROUTES` and of the deliveries in `EVENTS`, with everything that it refers to."""
    told = {name: {"post": _bare(described["x-webhooks"][name]["post"])} for name in EVENTS}
    paths: dict[str, Any] = {}
    for route in ROUTES:
        operations = described["paths"].get(route.path, {})
        if route.verb.lower() in operations:
            paths.setdefault(route.path, {})[route.verb.lower()] = _bare(operations[route.verb.lower()])
    _mend(paths)
    kept: dict[str, Any] = {}
    waiting = {*_references(paths), *_references(told), *(f"#/components/schemas/{name}" for name in REFUSALS)}
    while waiting:
        reference = waiting.pop()
        kind, name = reference.removeprefix("#/components/").split("/")
        if name not in kept.setdefault(kind, {}):
            kept[kind][name] = _bare(described["components"][kind][name])
            waiting |= set(_references(kept[kind][name]))
    return {"openapi": described["openapi"], "paths": paths, "x-webhooks": told, "components": kept}


def _mend(paths: dict[str, Any]) -> None:
    """The list of installations wants every account to be a user and an enterprise at once, which none is; a single one is right."""
    answer = paths["/app/installations"]["get"]["responses"]["200"]
    answer["content"]["application/json"]["schema"]["items"] = {"$ref": "#/components/schemas/installation"}


def _bare(told: Any, *, names: bool = False) -> Any:
    if isinstance(told, dict):
        return {
            key: _bare(value, names=not names and key in _NAMES)
            for key, value in told.items()
            if names or not (key in _WORDS or key.startswith("x-"))
        }
    return [_bare(value) for value in told] if isinstance(told, list) else told


def _references(told: Any) -> Iterator[str]:
    if isinstance(told, dict):
        if isinstance(told.get("$ref"), str):
            yield told["$ref"]
        for value in told.values():
            yield from _references(value)
    elif isinstance(told, list):
        for value in told:
            yield from _references(value)


# --- GraphQL -------------------------------------------------------------------------------------------------------


def graphql_slice(text: str) -> str:
    """The schema's text with the types of `_LINKS` alone, and the inputs, enumerations and scalars that they need."""
    whole = build_schema(text, assume_valid_sdl=True)
    for name, links in _LINKS.items():
        kind = whole.type_map[name]
        if is_object_type(kind) or is_interface_type(kind):
            for field in [f for f, told in kind.fields.items() if not _is_kept(told.type, f in links)]:
                del kind.fields[field]
            if is_object_type(kind):
                kind.interfaces = tuple(i for i in kind.interfaces if i.name in _LINKS)
    kept = _reached(whole)
    for told in kept.values():
        _silence(told)
    return f"{print_schema(GraphQLSchema(whole.query_type, whole.mutation_type, types=list(kept.values())))}\n"


def _is_kept(kind: Any, linked: bool) -> bool:
    named = get_named_type(kind)
    return is_leaf_type(named) or (linked and named.name in _LINKS)


def _reached(whole: GraphQLSchema) -> dict[str, GraphQLNamedType]:
    kept: dict[str, GraphQLNamedType] = {}
    waiting = [whole.type_map[name] for name in _LINKS]
    while waiting:
        kind = waiting.pop()
        if kind.name in kept:
            continue
        kept[kind.name] = kind
        if is_object_type(kind) or is_interface_type(kind):
            for field in kind.fields.values():
                waiting += [get_named_type(field.type), *(get_named_type(a.type) for a in field.args.values())]
        elif is_input_object_type(kind):
            waiting += [get_named_type(f.type) for f in kind.fields.values()]
        elif is_union_type(kind):
            waiting += kind.types
    return kept


def _silence(kind: GraphQLNamedType) -> None:
    kind.description = None
    values = [*getattr(kind, "fields", {}).values(), *getattr(kind, "values", {}).values()]
    for value in values:
        value.description = value.deprecation_reason = None
        for argument in getattr(value, "args", {}).values():
            argument.description = None


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
