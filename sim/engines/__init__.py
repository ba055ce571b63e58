"""Decoupled load, compute, store and update engines with tokens, double buffers and DRAM, per instruction."""
