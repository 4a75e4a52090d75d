import requests

BASE = "https://rates.example.org"


def day(currency):
    return cached("day", currency)
