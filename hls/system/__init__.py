"""The whole machine: programs from memory, tiles between memory and buffers, computations between buffers."""
