"""The machine in time: what each block of the accelerator takes for a program, clock by clock."""
