"""The page that ties a run together: what it shows, its charts, and how two runs compare."""
