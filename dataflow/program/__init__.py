"""The compiler: from a scheduled product to the array's commands, and to the words of operands and results in order."""
