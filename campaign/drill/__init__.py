"""The drill: canaries go bad in front of the whole product, and how long each serves on is measured.

`make drill` runs it; docs/experiments.md says what was measured, and what such a time is made of.
"""
