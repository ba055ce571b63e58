"""The commands that README.md, CONTRIBUTING.md and docs/ name: one list of them, and what runs it."""
