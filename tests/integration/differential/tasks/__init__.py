"""Handler modules of the differential tests; copied together into one task directory."""
