def load(path):
    try:
        return parse(path)
    except FileNotFoundError:
        pass
    return DEFAULTS
