"""Who finishes the blocks of an exploration: threads of this process; each kind of worker is a module here."""
