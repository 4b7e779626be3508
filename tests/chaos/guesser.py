"""Somebody who guesses PINs at a till until it locks, and then tries a right one again and again.

    python -m tests.chaos.guesser HOME WRONG_TRIES

Says each answer to a right one: "in", or the code of the refusal and the minutes that are left.
"""

import os
import signal
import sys
from pathlib import Path

from pos_app.till import Till
from retail_core.domain.errors import RuleViolationError
from retail_core.durable.home import Home
from retail_core.durable.system import SystemClock, SystemIds
from retail_core.trust.keys import SigningKey
from tests.chaos.seller import TRY_AGAIN_S, pause
from tests.support.shop import PIN, AtTill, Hand, Shop

WRONG = "0000"
IN = "in"


def main(arguments: list[str]) -> int:
    """Until SIGTERM."""
    home, hand = Home(Path(arguments[0])), Hand()
    stopping: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _: stopping.append(number))
    till = Till.open(home, SystemClock(), SystemIds(), hand.deliver)
    at = AtTill(Shop(home, SigningKey.new(), home.config()), till, hand)
    try:
        for _ in range(int(arguments[1])):
            _answer(at, WRONG)
        while not stopping:
            os.write(1, f"{_answer(at, PIN)}\n".encode())
            pause(TRY_AGAIN_S)
    finally:
        till.close()
    return 0


def _answer(at: AtTill, pin: str) -> str:
    try:
        at.sign_in(pin)
    except RuleViolationError as refused:
        return f"{refused.code} {refused.facts.get('minutes', '')}".strip()
    return IN


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
