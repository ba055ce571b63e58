"""What runs inside the RTL simulator's process: drivers, monitors, the output buffer's model, the checker."""
