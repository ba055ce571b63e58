"""Streams: the handshake and its contract, queues, forks, delay lines, the transposer."""
