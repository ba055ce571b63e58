"""What a design takes of an FPGA: yosys, nextpnr and Vivado run, and their reports read."""
