"""The screening rule: parts in, tier and reasons out."""
