"""Takes payments through the payment provider."""

import logging
import random
import time

import requests

log = logging.getLogger(__name__)

PROVIDER = "https://payments.example.org"
ATTEMPTS = 3


class ProviderUnavailable(Exception):
    """The provider did not answer in time, or is overloaded."""


class Payments:
    """One session for the life of the process."""

    def __init__(self, token):
        self.session = requests.Session()
        self.session.headers["authorization"] = f"Bearer {token}"

    def status(self, payment):
        """The state of a payment; asked again a few times, with growing, random delays."""
        for attempt in range(ATTEMPTS):
            try:
                answer = self.session.get(f"{PROVIDER}/payments/{payment}", timeout=(1, 5))
                answer.raise_for_status()
                return answer.json()["state"]
            except requests.exceptions.ConnectionError as error:
                log.warning("payment %s: %s", payment, error)
                time.sleep(random.uniform(0, min(5, 0.2 * 2**attempt)))
        raise ProviderUnavailable(payment)

    def charge(self, order, amount):
        """Charge an order once: the key makes a repeated request harmless."""
        answer = self.session.post(
            f"{PROVIDER}/charges",
            json={"order": order, "amount": amount},
            headers={"idempotency-key": order},
            timeout=(1, 10),
        )
        answer.raise_for_status()
        return answer.json()["id"]


def read_rates(path):
    """The exchange rates that the night job left behind."""
    with open(path, encoding="utf-8") as handle:
        return dict(line.split("=") for line in handle)
