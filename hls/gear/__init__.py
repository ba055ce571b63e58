"""Gearboxes: between the bytes of a transfer and the words of the buffers."""
