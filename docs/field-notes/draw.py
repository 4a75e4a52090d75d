"""Draw the findings that are read by hand: `draw.py LANGUAGE NAME=COMMIT=SARIF ... > sample.csv`.

Each SARIF file comes from `mainstay scan FOLDER --format sarif` over one repository at one commit, with limits so high that nothing
is folded. Of errors and warnings in the language at most five a rule are drawn, over all repositories together, with a fixed
seed; where that gives fewer than forty, all rules give more in turn until it does. Standard library only; no code is copied.
"""

from __future__ import annotations

import csv
import json
import random
import sys
from collections import defaultdict
from pathlib import Path
from urllib.parse import unquote

SEED = 20261124
MOST_A_RULE = 5
LEAST = 40
ENDINGS = {"python": ".py", "java": ".java", "go": ".go"}


def main(language: str, *scans: str) -> None:
    """Print the sample as rows: repository, commit, rule, place; the last two columns are for the reader."""
    found: dict[str, list[tuple[str, str, str, str]]] = defaultdict(list)
    for scan in scans:
        name, commit, path = scan.split("=", 2)
        with Path(path).open(encoding="utf-8") as file:
            results = json.load(file)["runs"][0]["results"]
        for result in results:
            place = result["locations"][0]["physicalLocation"]
            uri = unquote(place["artifactLocation"]["uri"])
            if (
                result["level"] in ("error", "warning")
                and not result.get("suppressions")
                and uri.endswith(ENDINGS[language])
            ):
                found[result["ruleId"]].append(
                    (name, commit, result["ruleId"], f"{uri}:{place['region']['startLine']}")
                )
    chance = random.Random(SEED)  # noqa: S311 - a sample, not a secret
    shuffled = {rule: chance.sample(rows, len(rows)) for rule, rows in sorted(found.items())}
    drawn = [row for rows in shuffled.values() for row in rows[:MOST_A_RULE]]
    depth = MOST_A_RULE
    while len(drawn) < LEAST and any(len(rows) > depth for rows in shuffled.values()):
        drawn += [rows[depth] for rows in shuffled.values() if len(rows) > depth]
        depth += 1
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(["repository", "commit", "rule", "place", "grade", "what the code does"])
    writer.writerows([*row, "", ""] for row in sorted(drawn))


if __name__ == "__main__":
    main(*sys.argv[1:])
