"""Back-off: expressions that grow with the number of attempts, where their cap stands, and settings that name the longest delay.

The order within the expression matters: a cap that comes after the random draw, or after the conversion to an integer, comes too late.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ..model import ORDERINGS, UNKNOWN, Duration, Fact, Value
from .attempts import COUNTERS
from .calls import method
from .conventions import is_test_code, words
from .reading import Reading

_GROWING: Final = COUNTERS | {"failure", "failures", "failed", "errors", "exponent", "round", "iteration", "n", "i"}
_DELAYS: Final = frozenset(
    ["delay", "backoff", "sleep", "wait", "retry", "interval", "countdown", "pause", "timeout", "duration", "cooldown"]
)
_CONVERSIONS: Final = ("time.Duration(", "int(", "int64(", "(long)", "(int)", "(long) (", "(int) (")
_SHORT: Final = 1.0
_SMALL_EXPONENT: Final = 32  # a power of two up to here fits a delay's number in any unit
_TROUBLES: Final = {
    "none": "grows without a limit",
    "after jitter": "is limited only after the random draw, so that late attempts all wait the same longest time",
    "after conversion": "is limited only after the conversion, in which a large power overflows",
}
_UNITS: Final = {"ms": 1e-3, "millis": 1e-3, "milliseconds": 1e-3, "s": 1.0, "sec": 1.0, "secs": 1.0, "seconds": 1.0}


def derive(reading: Reading) -> None:
    """Add a `backoff` fact for each power of an attempt number in a delay, and for each setting named as the longest back-off."""
    for fact in reading.facts.of("assignment", "return", "call", "field"):
        _powers(fact, reading)
        _limits(fact, reading)


def _values(fact: Fact) -> Iterator[Value]:
    if fact.kind == "return":
        yield from fact.get("values", ())
    elif fact.kind == "call":
        if "sleep" in fact.roles:
            yield from (a.value for a in fact.get("arguments", ()))
    elif isinstance(fact.get("value"), Value):
        yield fact.get("value")


def _powers(fact: Fact, reading: Reading) -> None:
    if fact.kind == "field" or not _is_delay(fact, reading):
        return
    for value in _values(fact):
        found = _power(value, fact, reading, ())
        if found is not None:
            power, above = found
            cap = _cap(power, above, fact, reading)
            reading.facts.derive(
                "backoff",
                fact,
                focus=fact.focus,
                cap=cap,
                attempts=_attempts(fact, reading),
                limit="unknown",
                power=reading.facts.text(power),
                trouble=_TROUBLES.get(cap, ""),
            )
            return


def _is_delay(fact: Fact, reading: Reading) -> bool:
    if fact.kind == "call":
        return "sleep" in fact.roles
    said: set[str] = {w for t in fact.get("targets", ()) for w in words(t.path)}
    function = reading.facts.function(fact)
    if function is not None:
        said |= set(words(str(function.get("name", ""))))
    return bool(said & _DELAYS) or {"back", "off"} <= said


def _power(
    value: Value, at: Fact, reading: Reading, above: tuple[Value, ...]
) -> tuple[Value, tuple[Value, ...]] | None:
    """The power of an attempt number inside a value, with what stands around it, outermost first."""
    exponent = None
    if value.form == "operation" and value.operator in ("**", "<<") and len(value.parts) == 2:
        exponent = value.parts[1]
    elif value.form == "call" and "exponent" in reading.facts.all[value.call].roles:
        arguments = reading.facts.all[value.call].get("arguments", ())
        exponent = arguments[-1].value if arguments else None
    if (
        exponent is not None
        and reading.constant(exponent, at) is UNKNOWN
        and set(words(reading.facts.text(exponent))) & _GROWING
    ):
        return value, above
    parts = value.parts
    if value.form == "call":
        parts = tuple(a.value for a in reading.facts.all[value.call].get("arguments", ()))
    for part in parts:
        found = _power(part, at, reading, (*above, value))
        if found is not None:
            return found
    return None


def _called(value: Value, role: str, reading: Reading) -> bool:
    return value.form == "call" and role in reading.facts.all[value.call].roles


def _cap(power: Value, above: tuple[Value, ...], fact: Fact, reading: Reading) -> str:
    """Says "before", "none", "after jitter", "after conversion", or "unknown"."""
    inner = list(reversed(above))
    capped = next((i for i, v in enumerate(inner) if _called(v, "least", reading)), None)
    if _bounded_exponent(power, reading) or _is_limited(power, fact, reading):
        return "before"
    random = next((i for i, v in enumerate(inner) if _called(v, "random", reading)), None)
    turned = next((i for i, v in enumerate((power, *inner)) if _converted(v, reading)), None)
    if turned is not None and _saturates(power, (power, *inner)[turned + 1 :], reading):
        turned = None
    if capped is not None:
        if random is not None and random < capped:
            return "after jitter"
        return "after conversion" if turned is not None and turned <= capped else "before"
    if fact.kind != "assignment":
        return "none"
    return _cap_later(fact, reading, drawn=random is not None, turned=turned is not None)


def _converted(value: Value, reading: Reading) -> bool:
    """True when a value is turned into a whole number where it stands: large powers overflow there."""
    if reading.language.name == "python":
        return False
    before = reading.facts.data[max(0, value.span.start - 20) : value.span.start].decode("utf-8", "replace")
    return before.rstrip().endswith(_CONVERSIONS)


def _saturates(power: Value, above: tuple[Value, ...], reading: Reading) -> bool:
    """True where a conversion ends at the largest number (Java's of a floating-point one, JLS 5.1.3) and nothing is made of it there."""
    return reading.language.name == "java" and power.form == "call" and not any(v.form == "operation" for v in above)


def _bounded_exponent(power: Value, reading: Reading) -> bool:
    return (
        power.form == "operation"
        and len(power.parts) == 2
        and (_called(power.parts[1], "least", reading) or power.parts[1].operator in ("%", "&"))
    )


def _is_limited(power: Value, fact: Fact, reading: Reading) -> bool:
    """True where the exponent, or the limit of the loop around, is held below a small constant by a condition of the function."""
    function, loop = reading.facts.function(fact), reading.facts.enclosing(fact, "loop")
    if function is None:
        return False
    exponent = power.parts[-1] if power.parts else power
    condition = loop.get("condition") if loop is not None else None
    names = {v.path for v in (*_leaves(exponent), *_leaves(condition)) if v.path}
    conditions = (b.get("condition") for b in reading.facts.within(function, "branch"))
    return any(
        operation.operator in ORDERINGS and _holds_below(operation, names, fact, reading)
        for condition in conditions
        if isinstance(condition, Value)
        for operation in condition.operations()
    )


def _leaves(value: Value | None) -> Iterator[Value]:
    if isinstance(value, Value):
        if value.parts and value.form == "operation":
            for part in value.parts:
                yield from _leaves(part)
        else:
            yield value


def _holds_below(comparison: Value, names: set[str], at: Fact, reading: Reading) -> bool:
    if len(comparison.parts) != 2 or not any(p.path in names for p in comparison.parts):
        return False
    limits = [reading.constant(p, at) for p in comparison.parts if p.path not in names]
    return any(isinstance(n, int) and not isinstance(n, bool) and 1 < n <= _SMALL_EXPONENT for n in limits)


def _cap_later(fact: Fact, reading: Reading, *, drawn: bool, turned: bool) -> str:
    """What the following statements do with the value: draw from it, cap it, compare it."""
    function = reading.facts.function(fact)
    targets = fact.get("targets", ())
    if function is None or not targets or not targets[0].path:
        return "unknown"
    for mention in reading.mentions.of(targets[0].path, function):
        if mention.fact.id <= fact.id or mention.how == "target":
            continue
        call = mention.fact if mention.fact.kind == "call" else None
        if call is not None and "random" in call.roles:
            drawn = True
        elif (
            (call is not None and ("least" in call.roles or _within_least(call, reading)))
            or mention.how == "compared"
            or (mention.fact.kind in ("return", "assignment") and _has_least(mention.fact, reading))
        ):
            return "after jitter" if drawn else "after conversion" if turned else "before"
        elif call is not None and "sleep" not in call.roles and not call.roles:
            return "unknown"
    return "none"


def _within_least(call: Fact, reading: Reading) -> bool:
    above = reading.facts.enclosing(call, "call")
    return above is not None and ("least" in above.roles or _within_least(above, reading))


def _has_least(fact: Fact, reading: Reading) -> bool:
    return any(
        "least" in c.roles or method(c).lower() in ("min", "clamp", "minimum")
        for c in reading.facts.within(fact, "call")
    )


def _attempts(fact: Fact, reading: Reading) -> str:
    """Says "few" inside a retry loop of a known small number of attempts, "many" in one without a limit, "unknown" else."""
    loop = reading.facts.enclosing(fact, "loop")
    if loop is None:
        return "unknown"
    if loop.get("style") == "forever":
        return "many"
    for value in (loop.get("iterable"), loop.get("condition")):
        if isinstance(value, Value):
            numbers = [reading.constant(p, fact) for p in (value, *value.parts)]
            if value.form == "call":
                numbers += [reading.constant(a.value, fact) for a in reading.facts.all[value.call].get("arguments", ())]
            if any(isinstance(n, int) and not isinstance(n, bool) and 0 < n <= 8 for n in numbers):
                return "few"
    return "unknown"


# --- settings ----------------------------------------------------------------------------------------------


def _limits(fact: Fact, reading: Reading) -> None:
    """`MaxBackoff: 100 * time.Millisecond`: the longest delay is far below a second."""
    for name, value in _settings(fact):
        said = words(name)
        if not _names_longest(said):
            continue
        seconds = _seconds(_constant(value, fact, reading), said)
        if seconds is not None and 0 < seconds < _SHORT and not is_test_code(reading):
            reading.facts.derive(
                "backoff",
                fact,
                focus=value.span,
                cap="unknown",
                attempts="unknown",
                limit="short" if _is_backoff(said) else "short pause",
                setting=name,
                seconds=f"{seconds:g}",
            )


def _is_backoff(said: tuple[str, ...]) -> bool:
    return "backoff" in said or ("back" in said and "off" in said)


def _constant(value: Value, at: Fact, reading: Reading) -> object:
    """The constant, also inside a conversion to a type of one's own (`model.Duration(100 * time.Millisecond)`)."""
    found = reading.constant(value, at)
    if found is UNKNOWN and value.form == "call":
        arguments = reading.facts.all[value.call].get("arguments", ())
        inner = reading.constant(arguments[0].value, at) if len(arguments) == 1 else UNKNOWN
        return inner if isinstance(inner, Duration) else UNKNOWN
    return found


def _settings(fact: Fact) -> Iterator[tuple[str, Value]]:
    if fact.kind == "call":
        yield from ((a.name, a.value) for a in fact.get("arguments", ()) if a.name)
    elif fact.kind == "field" and isinstance(fact.get("value"), Value):
        yield str(fact.get("name", "")), fact.get("value")
    elif fact.kind == "assignment" and isinstance(fact.get("value"), Value):
        yield from (
            (t.path.rsplit(".", 1)[-1], fact.get("value"))
            for t in fact.get("targets", ())
            if fact.get("operator") in ("=", ":=", None)
        )


def _names_longest(said: tuple[str, ...]) -> bool:
    joined = " ".join(said)
    # Asking again for a lock that somebody else holds, or whether something is there by now, is no failure to recover from.
    longest = bool({"max", "maximum"} & set(said)) and not {"lock", "poll", "polling"} & set(said)
    return longest and (
        "backoff" in said
        or "back off" in joined
        or ("retry" in said and bool({"delay", "wait", "interval"} & set(said)))
    )


def _seconds(constant: object, said: tuple[str, ...]) -> float | None:
    if isinstance(constant, Duration):
        return constant.seconds
    unit = next((_UNITS[w] for w in said if w in _UNITS), None)
    return (
        constant * unit
        if unit is not None and isinstance(constant, int | float) and not isinstance(constant, bool)
        else None
    )
