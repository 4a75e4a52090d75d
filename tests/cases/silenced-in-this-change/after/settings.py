def load(path):
    try:
        return parse(path)
    # mainstay: allow error-handling/empty-handler because the caller rebuilds it
    except Exception:
        pass
    return None


def old(path):
    # mainstay: allow retry/no-backoff
    return path
