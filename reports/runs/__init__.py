"""Run folders: what a command leaves in one, document by document, and all of it read again."""
