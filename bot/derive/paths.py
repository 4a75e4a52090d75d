"""Paths: through which exits of a function something acquired is still held.

Structured control flow is followed over the fact tree. A state is the set of what may be true of the thing: `fresh` (acquired,
and the error or flag that came with it not tested), `held`, `free` (released or handed over), `doubt` (released under a
condition that nobody here can judge). Only `fresh` and `held` count as held, so that an answer is worth saying.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from msgspec import Struct, field
from msgspec.structs import replace

from ..model import Fact, Value
from ..tree import Facts
from .conditions import KEEP, Test, judge

State = frozenset[str]
NOWHERE: State = frozenset()
HELD: State = frozenset({"held"})
_HOLDS = frozenset({"fresh", "held"})


class Watch(Struct, frozen=True):
    """What to follow through one function: the effects of facts on the thing, and how it can be tested.

    `effects` map a fact to "acquire", "release", "rebind" (its name now stands for something else) or "lose" (nobody follows it further).
    `test` says which paths, error and flag tell whether it was acquired; `stale` are the facts after which the error speaks of
    something else. `fails` says whether a call may throw; `kept` that the thing is used behind the loop that acquires it.
    """

    effects: Mapping[int, str]
    test: Test
    stale: frozenset[int] = frozenset()
    ends: frozenset[int] = frozenset()
    fails: Callable[[Fact], bool] = lambda _: False
    kept: bool = False


class Exit(Struct, frozen=True):
    """A way out on which the thing is still held: "return", "raise", "failure" (a call that may throw), "end" (of the function),
    "iteration" (the loop goes round) or "overwritten".
    """

    kind: str
    at: Fact


class _Jump(Struct, frozen=True):
    kind: str
    at: Fact
    state: State
    label: str = ""


class _Flow(Struct):
    """What comes out of a piece of code: the state behind it, and the jumps out of it."""

    state: State
    jumps: list[_Jump] = field(default_factory=list)

    def then(self, other: _Flow) -> _Flow:
        return _Flow(other.state, self.jumps + other.jumps)


def leaks(facts: Facts, function: Fact, watch: Watch) -> list[Exit]:
    """The exits of a function on which what `watch` describes is held, in source order, each place once."""
    walk = _Walk(facts, watch, min(i for i, e in watch.effects.items() if e == "acquire"))
    flow = walk.block(facts.children(function), NOWHERE)
    found = [*walk.exits]
    ways = ("return", "raise", "failure")
    found.extend(Exit(jump.kind, jump.at) for jump in flow.jumps if jump.kind in ways and jump.state & _HOLDS)
    if flow.state & _HOLDS:
        found.append(Exit("end", function))
    return _once(found)


def _once(found: list[Exit]) -> list[Exit]:
    first: dict[tuple[str, int], Exit] = {}
    for exit_ in found:
        first.setdefault((exit_.kind, exit_.at.id), exit_)
    return sorted(first.values(), key=lambda e: e.at.id)


class _Walk:
    def __init__(self, facts: Facts, watch: Watch, first: int) -> None:
        self.facts = facts
        self.watch = watch
        self.first = first
        self.exits: list[Exit] = []

    def block(self, statements: Iterable[Fact], state: State) -> _Flow:
        flow = _Flow(state)
        for fact in statements:
            if not flow.state and self.facts.ends(fact) < self.first:
                continue  # nothing is held yet, and nothing is acquired in here
            flow = flow.then(self.statement(fact, flow.state))
        return flow

    def statement(self, fact: Fact, state: State) -> _Flow:
        special = getattr(self, f"_{fact.kind}", None)
        if special is not None:
            flow: _Flow = special(fact, state)
            return flow
        flow = self.block(self.facts.children(fact), state) if fact.kind not in ("function", "class") else _Flow(state)
        return self.leaf(fact, flow)

    def leaf(self, fact: Fact, flow: _Flow) -> _Flow:
        """A fact's own effect, after its parts were looked at."""
        effect, state = self.watch.effects.get(fact.id, ""), flow.state
        if fact.id in self.watch.stale:
            state = frozenset("held" if s == "fresh" else s for s in state)
        if (
            fact.kind == "call"
            and not effect
            and state & _HOLDS
            and self.watch.fails(fact)
            and not self._leads_to_release(fact)
        ):
            flow.jumps.append(_Jump("failure", fact, HELD))
        if effect in ("acquire", "rebind") and "held" in state:
            self.exits.append(Exit("overwritten", fact))
        if effect == "acquire":
            state = frozenset({"fresh"}) if self.watch.test.error else HELD
        elif effect in ("release", "lose") or (effect == "rebind" and state):
            state = frozenset({"free"}) if state else state
        if fact.id in self.watch.ends:
            state = NOWHERE
        return _Flow(state, flow.jumps)

    def _leads_to_release(self, call: Fact) -> bool:
        """`a.readLock()` in `a.readLock().unlock()`: what fails there, fails before anything could be done about it."""
        current = call
        while current.get("use") == "receiver" and current.get("consumer", -1) >= 0:
            current = self.facts.all[current.get("consumer")]
            if self.watch.effects.get(current.id):
                return True
        return False

    # --- statements that steer --------------------------------------------------------------------------------

    def _leave(self, kind: str, fact: Fact, state: State) -> _Flow:
        flow = self.leaf(fact, self.block(self.facts.children(fact), state))
        if flow.state:
            flow.jumps.append(_Jump(kind, fact, flow.state, str(fact.get("label", ""))))
        return _Flow(NOWHERE, flow.jumps)

    def _return(self, fact: Fact, state: State) -> _Flow:
        return self._leave("return", fact, state)

    def _raise(self, fact: Fact, state: State) -> _Flow:
        return self._leave("raise", fact, state)

    def _break(self, fact: Fact, state: State) -> _Flow:
        return self._leave("break", fact, state)

    def _continue(self, fact: Fact, state: State) -> _Flow:
        return self._leave("continue", fact, state)

    def _goto(self, fact: Fact, state: State) -> _Flow:
        """Nobody follows it to its label; what was held there is neither found nor reported."""
        return _Flow(NOWHERE, self.block(self.facts.children(fact), state).jumps)

    def _branch(self, fact: Fact, state: State) -> _Flow:
        arms = [c for c in self.facts.children(fact) if c.kind == "block"]
        flow = self.block((c for c in self.facts.children(fact) if c.kind != "block"), state)
        chosen = fact.get("style") == "if"
        yes, no = judge(fact.get("condition") if chosen else None, self.watch.test)
        rest, outs = _after(flow.state, no if chosen else KEEP), []
        for arm in arms:
            start = _after(flow.state, yes) if arm.get("arm") == "then" else rest
            if not chosen and len(arm.get("conditions", ())) == 1:
                yes, no = judge(arm.get("conditions")[0], self.watch.test)
                start, rest = _after(rest, yes), _after(rest, no)
            inner = self.block(self.facts.children(arm), start)
            outs.append(inner.state)
            for jump in inner.jumps:
                if jump.kind == "break" and not jump.label and not chosen and fact.get("style") != "match":
                    outs.append(jump.state)
                else:
                    flow.jumps.append(jump)
        complete = any(a.get("arm") in ("else", "default") for a in arms) or fact.get("style") == "select"
        return _Flow(_merge([*outs, *([] if complete else [rest])]), flow.jumps)

    def _loop(self, fact: Fact, state: State) -> _Flow:
        flow = self.block((c for c in self.facts.children(fact) if c.kind != "block"), state)
        yes, no = judge(fact.get("condition"), self.watch.test)
        again, outs = list[_Jump](), list[State]()
        for body in (c for c in self.facts.children(fact) if c.kind == "block" and c.get("arm") == "body"):
            inner = self.block(self.facts.children(body), _after(flow.state, yes))
            for jump in (*inner.jumps, _Jump("continue", fact, inner.state)):
                mine = not jump.label or jump.label == fact.get("label")
                if jump.kind == "break" and mine:
                    outs.append(jump.state)
                elif jump.kind == "continue" and mine:
                    again.append(jump)
                else:
                    flow.jumps.append(jump)
        if (
            not flow.state and not self.watch.kept
        ):  # what an iteration acquired and still holds when the next one begins is lost
            self.exits.extend(Exit("iteration", jump.at) for jump in again if _after(jump.state, yes) & _HOLDS)
        others = [c for c in self.facts.children(fact) if c.kind == "block" and c.get("arm") != "body"]
        if fact.get("style") != "forever":
            outs += [
                _after(flow.state, no),
                *(_after(j.state, no) if flow.state else _doubt(_after(j.state, no)) for j in again),
            ]
        after = self.block((c for other in others for c in self.facts.children(other)), _merge(outs))
        return _Flow(after.state, flow.jumps + after.jumps)

    def _with(self, fact: Fact, state: State) -> _Flow:
        """A block that manages something: the items are made, then (where the thing is one of them) it is as good as released."""
        heads = [c for c in self.facts.children(fact) if c.kind != "block"]
        flow = self.leaf(fact, self.block(heads, state))
        for body in (c for c in self.facts.children(fact) if c.kind == "block"):
            flow = flow.then(self.block(self.facts.children(body), flow.state))
        return flow

    def _try(self, fact: Fact, state: State) -> _Flow:
        parts = list(self.facts.children(fact))
        handlers = [p for p in parts if p.kind == "handler"]
        body = self.block(
            (s for p in parts if p.kind == "block" and p.get("arm") == "body" for s in self.facts.children(p)), state
        )
        body = body.then(self.block((p for p in parts if p.kind not in ("block", "handler")), body.state))
        other = self.block(
            (s for p in parts if p.kind == "block" and p.get("arm") == "else" for s in self.facts.children(p)),
            body.state,
        )
        flow = _Flow(other.state, [j for j in body.jumps if not self._caught(j, handlers)] + other.jumps)
        states = [flow.state]
        thrown = {j.state for j in body.jumps if self._caught(j, handlers)}
        for handler in handlers:
            for held in sorted(thrown, key=sorted):
                inner = self.block(self.facts.children(handler), held)
                states.append(inner.state)
                flow.jumps += [
                    replace(j, kind="failure", at=self._cause(body.jumps, held))
                    if j.kind == "raise" and j.state & _HOLDS
                    else j
                    for j in inner.jumps
                ]
        flow.state = _union(states)
        last = next((p for p in parts if p.kind == "block" and p.get("arm") == "finally"), None)
        return self._finally(last, flow) if last is not None else flow

    def _cause(self, jumps: list[_Jump], state: State) -> Fact:
        return next(j.at for j in jumps if j.state == state and j.kind in ("failure", "raise"))

    def _caught(self, jump: _Jump, handlers: list[Fact]) -> bool:
        if jump.kind == "failure":
            return bool(handlers)
        if jump.kind != "raise" or not handlers:
            return False
        value: Value | None = jump.at.get("value")
        raised = value.path.removesuffix("()").rsplit(".", 1)[-1] if value is not None else ""
        caught = [t.rsplit(".", 1)[-1] for h in handlers for t in h.get("types", ())] or ["Exception"]
        return raised in caught or bool(
            {"Exception", "Throwable", "BaseException", "RuntimeException", "Error"} & set(caught)
        )

    def _finally(self, block: Fact, flow: _Flow) -> _Flow:
        done: dict[State, _Flow] = {}

        def run(state: State) -> _Flow:
            if state not in done:
                done[state] = self.block(self.facts.children(block), state)
            return done[state]

        out, jumps = run(flow.state).state if flow.state else NOWHERE, list[_Jump]()
        for jump in flow.jumps:
            after = run(jump.state).state
            if after:
                jumps.append(replace(jump, state=after))
        for inner in done.values():  # what fails while all else is cleaned up is another matter
            jumps += (j for j in inner.jumps if j.kind != "failure")
        return _Flow(out, jumps)


def _after(state: State, verdict: str) -> State:
    """The state behind a test: "keep" says nothing, "drop" that the thing was not acquired there, "doubt" that it may not be."""
    if verdict == "stale":  # the error was set: not acquired, as long as it is still that error
        return state - {"fresh"}
    if verdict == "drop":
        return state - {"fresh", "held", "doubt"}
    return _doubt(state) if verdict == "doubt" else state


def _doubt(state: State) -> State:
    return frozenset("doubt" if s in _HOLDS else s for s in state)


def _union(states: Iterable[State]) -> State:
    return frozenset().union(*states)


def _merge(states: Iterable[State]) -> State:
    """Arms come together: held on one and free on another, by a condition nobody can judge, is a doubt."""
    together = _union(states)
    return _doubt(together) if together & _HOLDS and together & {"free", "doubt"} else together
