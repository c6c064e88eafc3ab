"""100,000 implicit connections that end in every way: the server ends as it was, honest clients get in throughout."""

from closings import closings
from soaking import figures, soak



def step(places, _):
    for rows in closings(places, 100_000, rounds=2):
        print(figures(rows))


soak("closings", step)
