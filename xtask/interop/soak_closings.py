"""100,000 implicit connections that end in every way: the server ends as it was, honest clients get in throughout."""

from closings import closings
from soaking import figures, soak

soak("closings", lambda places, _: print(figures(closings(places, 100_000))))
