"""`rie run`: starts a function and keeps it running until Ctrl-C."""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, TypedDict

from rie.console import print_progress
from rie.errors import UserError
from rie.function import Function, find
from rie.local.environment import parse_variables, read_env_file
from rie.local.run_arguments import add_arguments
from rie.paths import ROOT

__all__ = ["add_arguments", "execute"]  # what rie.__main__ asks a command for

if TYPE_CHECKING:
    from rie.emulator.settings import FunctionSettings
    from rie.local.package import Package


class Options(TypedDict):
    """What every way of running takes: MB of memory, seconds of time, the function's variables."""

    port: int
    memory_mb: int
    timeout_s: int
    variables: dict[str, str]


def execute(args: argparse.Namespace) -> int:
    """Run until Ctrl-C or SIGTERM, which is 0, else the container's own status."""
    with contextlib.ExitStack() as stack:
        package = _unpack(args, stack)
        functions = [package.function] if package else find_all(args.function, args.handler)
        return _run(functions, package, args)


def _unpack(args: argparse.Namespace, stack: contextlib.ExitStack) -> Package | None:
    """The function that is in a .zip file, or has layers; what was unpacked ends with `stack`."""
    from rie.local.package import is_archive, unpacked

    if not (is_archive(args.function) or args.layer or args.runtime_image):
        return None
    if args.official:
        raise UserError("--official takes no .zip files and layers", "omit --official")
    if args.watch and is_archive(args.function):
        raise UserError("--watch watches folders", "name the folder instead of the .zip file")
    return stack.enter_context(unpacked(args.function, args.handler, args.layer))


def _run(functions: list[Function], package: Package | None, args: argparse.Namespace) -> int:
    words = read_env_file(Path(args.env_file)) if args.env_file else []
    options = Options(
        port=args.port,
        memory_mb=args.memory,
        timeout_s=args.timeout,
        variables=parse_variables([*words, *args.env]),
    )
    if args.clock is not None and args.clock <= 0:
        raise UserError(f"--clock {args.clock:g} does not run", "give a factor above 0, such as 60")
    if len(functions) > 1 and (args.official or args.moto):
        option = "--official" if args.official else "--moto"
        raise UserError(f"{option} takes one function", f"name one, or omit {option}")
    if args.opt is not None and not args.opt.is_dir():
        raise UserError(f"--opt {args.opt} is not a folder", "name one with python/ or extensions/")
    if args.opt is not None and args.official:
        raise UserError("--opt needs the emulator", "omit --official")
    if args.opt is not None and package is not None:
        raise UserError("--opt is for functions in images", "name the folder with --layer")
    args.process = args.process or args.moto or args.opt is not None
    with _moto(functions[0], options) if args.moto else contextlib.nullcontext():
        if args.official:
            return _in_official(functions[0], options, process=args.process)
        return _in_emulator(functions, package, options, args)


@contextlib.contextmanager
def _moto(function: Function, options: Options) -> Iterator[None]:
    """Have moto as AWS in this process, with what the function's examples need."""
    from rie.demo.aws.examples import prepare
    from rie.demo.aws.moto_server import local_aws

    with local_aws() as variables:
        own = prepare(function.name)
        options["variables"] = {**variables, **own, **options["variables"]}
        print_progress("AWS is moto in this process, with what the examples need; it forgets all.")
        yield


def find_all(names: str, handler: str | None = None) -> list[Function]:
    """The functions that a list with commas names; `all` are those of functions/."""
    if names == "all":
        folders = sorted((ROOT / "functions").iterdir())
        names = ",".join(each.name for each in folders if (each / "Dockerfile").is_file())
    found = [find(name, handler) for name in names.split(",") if name]
    if len({each.name for each in found}) < len(found):
        raise UserError(f"two functions of {names} have one name", "name each of them once")
    return found


def _in_emulator(
    functions: list[Function],
    package: Package | None,
    options: Options,
    args: argparse.Namespace,
) -> int:
    from rie.emulator.async_queue import AsyncSettings
    from rie.emulator.foreground import ServerSettings, run_until_interrupted
    from rie.emulator.settings import OPT, FunctionSettings

    images = {}
    if not (args.process or args.debug):
        images = _find_runtime(package, args) if package else _build_images(functions)
    settings = [
        FunctionSettings(
            function,
            image=images.get(function.name, ""),
            memory_mb=options["memory_mb"],
            timeout_s=options["timeout_s"],
            variables=options["variables"],
            opt=args.opt.resolve() if args.opt is not None else OPT,
            max_environments=args.max_environments,
            reserved_concurrency=args.reserved_concurrency,
        )
        for function in functions
    ]
    if package:
        settings = [package.apply_to(settings[0])]
    if args.debug:
        settings = _prepare_debugging(settings, args.debug)
    if images:
        print_progress(
            f"Each environment is a container as on Lambda ({options['memory_mb']} MB), with the "
            "network of this machine."
        )
    else:
        print_progress("Process mode: this machine's Python and files; the root is not read-only.")
    asynchronous = AsyncSettings(
        delay_factor=args.delay_factor,
        on_failure=args.on_failure,
        dead_letter=args.dead_letter,
        deliver_twice=args.deliver_twice,
    )
    server = ServerSettings(options["port"], asynchronous, args.clock, args.clock_begin, args.watch)
    run_until_interrupted(settings, server)
    return 0


def _prepare_debugging(settings: list[FunctionSettings], port: int) -> list[FunctionSettings]:
    if importlib.util.find_spec("debugpy") is None:
        raise UserError(
            "--debug needs debugpy, which is not installed here",
            f"install it: {sys.executable} -m pip install debugpy",
        )
    if len(settings) > 1:
        raise UserError("--debug takes one function", "name the one to debug")
    print_progress(f"The first invocation waits for a debugger on localhost:{port}.")
    return [settings[0].for_debugger(port)]


def _find_runtime(package: Package, args: argparse.Namespace) -> dict[str, str]:
    """The image that is the runtime of a .zip function, by its name; none without an engine."""
    from docker.errors import ImageNotFound

    from rie.images.engine import EngineError, connect
    from rie.images.image import LATEST

    image = args.runtime_image or LATEST
    try:
        with contextlib.closing(connect()) as client:
            client.images.get(image)
    except EngineError as error:
        print_progress(f"note: {error}")
        return {}
    except ImageNotFound as error:
        raise UserError(
            f"there is no image {image} on this machine to run a .zip function",
            "build it (`make image`), name another (--runtime-image NAME), or add --process",
        ) from error
    print_progress(f"The runtime is {image}.")
    return {package.function.name: image}


def _build_images(functions: list[Function]) -> dict[str, str]:
    """The image of each function by its name; none where there is no engine."""
    from rie.images.engine import EngineError, connect
    from rie.images.image import build_function

    try:
        with contextlib.closing(connect()) as client:
            return {each.name: build_function(client, each) for each in functions}
    except EngineError as error:
        print_progress(f"note: {error}")
        return {}


def _in_official(function: Function, options: Options, *, process: bool) -> int:
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        if process:
            _in_process(function, options)
        return _in_container(function, options)
    except KeyboardInterrupt:
        print_progress("Stopped.")
    return 0


def _interrupt(number: int, frame: object) -> NoReturn:
    del number, frame
    raise KeyboardInterrupt


def _in_container(function: Function, options: Options) -> int:
    from rie.images.engine import EngineError

    try:
        return _in_sandbox(function, options)
    except EngineError as error:
        print_progress(f"note: {error}")
        _in_process(function, options)


def _in_sandbox(function: Function, options: Options) -> int:
    """Build the function's image on the newest surefoot image and run it until it ends.

    Returns the container's exit status; KeyboardInterrupt passes through after the container is
    gone. Raises UserError: EngineError without an engine, others for a failed build or start.
    """
    from rie.images.engine import connect
    from rie.images.image import build_function
    from rie.local.client import PATH
    from rie.local.sandbox import Sandbox

    with contextlib.closing(connect()) as client:
        image = build_function(client, function)
    with Sandbox(image, function, **options) as sandbox:
        print_progress(
            f"{function.name} runs in {image} as on Lambda ({options['memory_mb']} MB). Now type:"
        )
        print_progress(f"  curl -XPOST http://localhost:{options['port']}{PATH} -d '{{}}'")
        print_progress("Ctrl-C ends it.")
        return sandbox.wait()


def _in_process(function: Function, options: Options) -> NoReturn:
    from rie.local.client import PATH
    from rie.local.official_rie import OfficialRie

    print_progress(
        "Process mode: this machine's Python and files, no read-only root, no memory limit."
    )
    with OfficialRie(function, **options) as emulator:
        while True:
            print_progress(f"{function.name} is ready ({function.handler}). Now type:")
            print_progress(f"  curl -XPOST http://localhost:{emulator.port}{PATH} -d '{{}}'")
            print_progress("Ctrl-C ends it.")
            status = emulator.wait()
            print_progress(
                f"The emulator ended with status {status}; it crashes when two invocations "
                "overlap, or after a caller gave up. Starting it again …"
            )
            emulator.stop()  # its runtime may have outlived it
            emulator.start()
