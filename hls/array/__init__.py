"""The array: processing elements, the grid, its sequencer and the core around them."""
