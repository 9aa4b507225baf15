"""The whole flow of a visit without a window: frozen state, events, a pure reduce, and the screens as data."""
