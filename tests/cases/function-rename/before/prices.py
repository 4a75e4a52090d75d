import requests


def fetch(url):
    """Ask the price service."""
    answer = requests.get(url, headers={"accept": "application/json"})
    answer.raise_for_status()
    return answer.json()


def names(url):
    return [row["name"] for row in fetch(url)]
