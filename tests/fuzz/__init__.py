"""Coverage-guided fuzzing; by hand and by ``make fuzz``, not in the test suite."""
