import requests


def fetch(url):
    """Ask the price service."""
    answer = _ask(url)
    answer.raise_for_status()
    return answer.json()


def _ask(url):
    answer = requests.get(url, headers={"accept": "application/json"})
    return answer


def names(url):
    return [row["name"] for row in fetch(url)]
