"""Synthesis of a design by open tools: utilisation by module, the critical stage, one placed and routed PE."""
