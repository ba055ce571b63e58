"""What the verbs take: a module a verb, named as it is, with the options that only it has.

Options that several verbs share stand in ``shared``, in groups; ranges, paths and word lists of help texts in
``values``. ``heddle.cli.verbs`` says which groups a verb takes. Values stay as typed: ``heddle.cli.work`` makes objects
of them. The words that a help text lists come from the registry that has them, so registries load no compiled kernel.
"""
