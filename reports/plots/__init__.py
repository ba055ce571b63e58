"""Static figures, drawn by matplotlib as SVG and PNG."""
