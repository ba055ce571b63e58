"""On-chip memory: the double buffers."""
