"""Design-space exploration: the space, its evaluation in blocks, the exact Pareto front, and resuming."""
