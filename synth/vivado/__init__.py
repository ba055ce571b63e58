"""Vivado: the project that it runs, its batch run, and the reports that it leaves."""
