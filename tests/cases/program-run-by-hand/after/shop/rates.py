import requests


def day(currency):
    return requests.get(f"https://rates.example.org/{currency}/day").json()
