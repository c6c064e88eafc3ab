"""200 transfers on one session in every cell of clients, servers, TLS versions and ways to talk."""

from matrix import Matrix
from soaking import soak


def step(places, outcomes):
    print(Matrix(places, outcomes, 200).run().table())


soak("matrix", step)
