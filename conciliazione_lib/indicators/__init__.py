"""Pure functions: frames and arrays in, frames and arrays out; one module per family of methods."""
