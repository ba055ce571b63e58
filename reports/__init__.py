"""What people read: tables, plots, the page, and the files of a run directory."""
