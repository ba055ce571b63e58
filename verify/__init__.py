"""Whether the RTL and its models agree: vectors, benches, models and checkers that ship with the tool."""
