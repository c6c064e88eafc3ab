"""10,000 races of thieves at passive ports under each policy: nothing is stolen, the client is served."""

from soaking import figures, soak
from theft import theft


def step(places, outcomes):
    for data_session in ("require", "prefer"):
        outcomes.run(f"theft under {data_session}", lambda: print(figures(theft(places, data_session, 10_000))))


soak("theft", step)
