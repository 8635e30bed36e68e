"""What several test suites share: a scripted Runtime API and the processes that talk to it."""
