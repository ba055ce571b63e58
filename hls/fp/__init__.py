"""Floating-point arithmetic in hardware: IEEE 754, round to nearest even, subnormals in and out, one canonical NaN."""
