"""What the machine is: the Design, its presets, boards, number formats, N:M encoding, timing and costs."""
