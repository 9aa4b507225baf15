"""From counts to newtons and millimetres: the guided procedure, its limits, the certificates. Knows no visit."""
