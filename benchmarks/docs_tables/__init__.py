"""The tables of figures in README.md and docs/: what makes each, and the command that writes them anew."""
