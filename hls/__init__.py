"""What the machine is made of: Amaranth components, and the Verilog that is emitted of them."""

import warnings

from amaranth.hdl import UnusedElaboratable

# Amaranth warns of components that were made and not emitted, as a command that stops early leaves them.
warnings.simplefilter("ignore", UnusedElaboratable)
