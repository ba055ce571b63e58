"""Calibration of the resource model: designs synthesised, the model fitted to them and tested on others."""
