"""What bootstrap runs: its directory, this one, becomes the first entry of sys.path."""

# multiprocessing runs this file again, under another name, in each process that it spawns.
if __name__ == "__main__":
    from surefoot.__main__ import run

    run()
