"""Runs in the image: starts contenders in turn and prints what each start cost, as JSON lines.

``python3 inside.py ROUNDS PAUSE NAME=COMMAND …``: the words of a command are separated by spaces.
After each one the processor quota of the container gets PAUSE seconds to fill again.
"""

import json
import os
import sys
import time


def main() -> None:
    rounds, pause = int(sys.argv[1]), float(sys.argv[2])
    commands = [argument.partition("=") for argument in sys.argv[3:]]
    quiet = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
    for _ in range(rounds):
        for name, _, command in commands:
            time.sleep(pause)
            words = command.split()
            born = time.monotonic_ns()
            pid = os.posix_spawn(words[0], words, os.environ, file_actions=quiet)
            _, _, usage = os.wait4(pid, 0)
            ended = time.monotonic_ns()
            cpu = round((usage.ru_utime + usage.ru_stime) * 1e9)
            print(json.dumps({"name": name, "born": born, "ended": ended, "cpu": cpu}), flush=True)


main()
