"""Live and local origins of data: what they answer, kept as it came; never a guess at a schema."""
