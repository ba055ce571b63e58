"""ONNX files as networks: the file, its open sizes and batch, shapes and constants, operators as layers."""
