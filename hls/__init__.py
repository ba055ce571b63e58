"""What the machine is made of: Amaranth components, and the Verilog that is emitted of them."""
