"""Decoupled load, compute, store and update engines with tokens, double buffers and DDR4, per instruction."""
