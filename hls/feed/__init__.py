"""What feeds the array: the walks over operands and results that its commands ask for."""
