"""A stand-in for GitHub: the part of its interfaces that Mainstay uses, stateful, over real repositories, on loopback.

It refuses what GitHub refuses, and reckons by git alone, never through `bot`. What it is asked and what it answers is held to
GitHub's own description of its interfaces (`cut.py` says how that was cut); what it does was written by hand from the published
documentation (https://docs.github.com/en/rest), and is no recording.

    hub = Hub(folder)                                        # over a git repository on disk
    hub.open("main", "feature")                              # a pull request
    with StandIn(hub) as github: ...                         # github.url; what breaks the description is raised at the end
    hub.fail(Failure("POST", "/reviews", 502, after=True))   # the next such call is done, and its answer lost
    hub.chaos, hub.lag = Chaos(seed=1, share=0.1), 2.0       # one call in ten goes wrong; lists are two seconds late
    hub.forgiving = True                                     # wrong requests are on purpose: they are refused, and that is all
"""

from __future__ import annotations

from .failing import Chaos, Failure, secondary
from .rights import Installation
from .sending import Courier
from .server import StandIn
from .state import Home, PullState
from .writing import Hub

__all__ = ["Chaos", "Courier", "Failure", "Home", "Hub", "Installation", "PullState", "StandIn", "secondary"]
