def load(path):
    try:
        return parse(path)
    except ValueError:
        return None
