"""The very bits: what the machine's arithmetic gives, in the machine's own order of operations."""
