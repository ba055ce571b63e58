"""The mutation check of the RTL: faults seeded one at a time, each of which the suite must catch."""
