"""What `doctor` finds out: one file for each kind of thing that it looks at, and the test of tapping each corner."""
