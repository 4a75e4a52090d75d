from stock import fetch


def names(url):
    return [row["name"] for row in fetch(url)]
