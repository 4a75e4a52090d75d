import json


def load(path):
    handle = open(path, encoding="utf-8")
    first = handle.readline()
    if not first:
        return None
    return json.loads(first)
