"""What holds for every test: hypothesis times nothing, and draws the same examples on every machine.

A busy machine is no fault of the code, and a verdict on a change must be about the change. New examples are sought by
`make test-random`, whose draws differ each time; what it finds becomes an `@example` beside its mended cause.
"""

from hypothesis import settings

settings.register_profile("same", deadline=None, derandomize=True)
settings.register_profile("random", deadline=None)
settings.load_profile("same")
