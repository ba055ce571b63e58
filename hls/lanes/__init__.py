"""The lanes beside the array: SORE, which makes N:M, and WUVE, which updates weights."""
