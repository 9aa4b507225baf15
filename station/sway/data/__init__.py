"""Tables that ship with the sway room: norms, one file a version."""
