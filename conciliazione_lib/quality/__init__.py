"""Quality: figures checked against each other, against ours, and against the previous edition."""
