"""What is measured: a file for each kind, each with a `measure` that gives lines and samples."""
