"""The instruction-set simulator: what a program does to a memory image, bit for bit, and whether it may run at all."""
