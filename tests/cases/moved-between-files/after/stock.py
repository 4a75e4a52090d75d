import requests


def fetch(url):
    """Ask the price service."""
    answer = requests.get(url, headers={"accept": "application/json"})
    answer.raise_for_status()
    return answer.json()


LIMIT = 3
