"""Certificates exchanged every 50 ms for a minute under 50 sessions that transfer: none of them notices."""

from soaking import figures, soak
from swaps import Swaps


def step(places, _):
    print(figures(Swaps(places, 50, 60).run()))


soak("certificates", step)
