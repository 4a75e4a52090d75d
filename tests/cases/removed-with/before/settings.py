import json


def load(path):
    with open(path, encoding="utf-8") as handle:
        first = handle.readline()
        if not first:
            return None
        return json.loads(first)
