"""rules/vocabulary.yaml -> Vocabulary: the closed lists of fact kinds, attributes and roles."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct, field

from .strict import Document, Path, check_keys, read, suggest


class Vocabulary(Struct, frozen=True):
    """`kinds` maps a fact kind to its attributes, each with its closed list of values (empty: open).

    `roles` and `knowledge` (further keys of an API entry) map a name to its meaning.
    """

    kinds: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)
    meanings: Mapping[str, str] = field(default_factory=dict)
    roles: Mapping[str, str] = field(default_factory=dict)
    knowledge: Mapping[str, str] = field(default_factory=dict)

    def check_role(self, name: str, document: Document, path: Path) -> None:
        """Raise Mistake when a role is not in the list."""
        if name not in self.roles:
            remedy = f"{suggest(name, self.roles)}Roles are listed in rules/vocabulary.yaml."
            raise document.mistake(path, f"unknown role {name!r}", remedy)


def load(text: str, origin: str) -> Vocabulary:
    """The vocabulary file. Raises Mistake."""
    document = read(text, origin)
    value = check_keys(document, (), ("kinds", "roles", "knowledge"), ("kinds", "roles"))
    kinds: dict[str, dict[str, tuple[str, ...]]] = {}
    meanings: dict[str, str] = {}
    for kind in value["kinds"]:
        entry = check_keys(document, ("kinds", kind), ("what", "attributes"), ("what", "attributes"))
        meanings[kind] = entry["what"]
        kinds[kind] = {}
        for attribute in entry["attributes"]:
            said = check_keys(document, ("kinds", kind, "attributes", attribute), ("values", "what"))
            kinds[kind][attribute] = tuple(
                str(v).lower() if isinstance(v, bool) else str(v) for v in said.get("values", ())
            )
    return Vocabulary(kinds, meanings, value["roles"], value.get("knowledge") or {})
