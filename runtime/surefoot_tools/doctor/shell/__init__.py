"""What can be known, without running it, of code that shows secrets."""
