"""The whole station on one machine: virtual deck, visitor, broker, subscriber."""
