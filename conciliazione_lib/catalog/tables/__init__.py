"""The declarations of the tables, one module for each theme."""
