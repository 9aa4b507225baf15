"""Sway measures: the pipeline, the definitions, streaming forms, norms, and files to analyse."""
