"""Virtual chips, decks and people: a public part of the product, driven by the real drivers."""
