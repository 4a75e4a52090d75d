import requests


def test_prices():
    assert requests.get("http://localhost").ok
