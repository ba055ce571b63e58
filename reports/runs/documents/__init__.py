"""The JSON documents of run folders and of ``--json``: a model each, which writes and reads them."""
