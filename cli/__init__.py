"""The ``heddle`` command: one module a verb, over the packages below."""
