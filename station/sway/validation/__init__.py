"""The page docs/validation.md: what the measures agree with, how far they repeat, what they can tell and what not.

Every figure on the page is computed here from recordings of people; none is typed. Run it with
`python -m station.sway.validation --recordings FOLDER --out docs/validation.md`, or `make validation`.
"""
