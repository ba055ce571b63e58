"""The way to memory: which bytes a tile's places are, and AXI4 masters that read and write them."""
