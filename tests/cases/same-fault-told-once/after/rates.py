import requests

BASE = "https://rates.example.org"


def day(currency):
    return requests.get(f"{BASE}/{currency}/day").json()


def month(currency):
    return requests.get(f"{BASE}/{currency}/month").json()


def publish(currency, rate):
    requests.post(f"{BASE}/{currency}", json=rate).raise_for_status()
