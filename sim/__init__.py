"""What a design costs on a network: closed-form estimate, decoupled engines with DRAM, energy, timeline."""
