"""The commands of shell scripts, without running them."""
