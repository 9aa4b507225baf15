"""The tests mirror the folders of the project; benchmarks, end to end and long trials have folders of their own."""
