"""What runs a program: instructions checked, queued, and begun as their tokens come."""
