"""`rie run`: starts a function and keeps it running until Ctrl-C."""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import signal
import sys
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, TypedDict

from rie.cli import describe, positive_int
from rie.console import print_progress
from rie.errors import UserError
from rie.function import Function, find
from rie.local.environment import add_env_argument, parse_variables, read_env_file
from rie.paths import ROOT

if TYPE_CHECKING:
    from rie.emulator.settings import FunctionSettings
    from rie.local.package import Package


class Options(TypedDict):
    """What every way of running takes: MB of memory, seconds of time, the function's variables."""

    port: int
    memory_mb: int
    timeout_s: int
    variables: dict[str, str]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `rie run`."""
    describe(
        parser,
        """Start a function and keep it running until Ctrl-C.

        FUNCTION is a name in functions/ or a directory. With a container engine the function's
        image is built and runs in a sandbox like Lambda's: another user, a read-only root, a memory
        limit. Without one the function runs as a process of this machine's Python. The emulator
        speaks Lambda's API: boto3, the AWS CLI and curl invoke functions by name.

        Several functions run at once: echo,shell or all.

        A .zip file, or a directory with --layer, runs as on a runtime of the account
        (`rie publish-runtime`): its content is /var/task, that of the layers is /opt.""",
        examples=[
            "run echo",
            "run ./my-function --memory 1024 --env TABLE=orders",
            "run all",
            "run function.zip --handler app.handler --layer layer.zip",
        ],
    )
    parser.add_argument(
        "function",
        metavar="FUNCTION",
        help="Name in functions/, a directory or a .zip file; several with commas, or all.",
    )
    parser.add_argument(
        "--handler",
        metavar="NAME",
        help="module.function. [default: the CMD of the function's Dockerfile]",
    )
    parser.add_argument("--port", type=int, default=8080, help="Port on loopback. [default: 8080]")
    parser.add_argument(
        "--memory",
        type=positive_int,
        default=512,
        metavar="MB",
        help="Memory, which also sets the CPU share. [default: 512]",
    )
    parser.add_argument(
        "--timeout",
        type=positive_int,
        default=60,
        metavar="SECONDS",
        help="Time limit of an invocation. [default: 60]",
    )
    add_env_argument(parser)
    parser.add_argument(
        "--env-file", metavar="FILE", help="Set variables from a file of NAME=VALUE lines."
    )
    parser.add_argument(
        "--opt",
        type=Path,
        metavar="FOLDER",
        help="Have FOLDER as /opt: layers (python/), wrappers, extensions/; implies --process.",
    )
    parser.add_argument(
        "--moto",
        action="store_true",
        help="Run against a simulated AWS (moto) with what the function's examples need; as "
        "--process.",
    )
    parser.add_argument(
        "--process",
        action="store_true",
        help="Run without a container, even if there is an engine.",
    )
    parser.add_argument(
        "--official",
        action="store_true",
        help="Use AWS's Runtime Interface Emulator: one function, one invocation at a time.",
    )
    _add_package_arguments(parser.add_argument_group("Functions in .zip files"))
    _add_emulator_arguments(parser.add_argument_group("Without --official"))


def _add_package_arguments(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--layer",
        action="append",
        default=[],
        metavar="PATH",
        help="A layer, a .zip file or a directory, laid over earlier ones (up to five).",
    )
    group.add_argument(
        "--runtime-image",
        metavar="NAME",
        help="The image that is the runtime. [default: surefoot:latest]",
    )


def _add_emulator_arguments(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--watch", action="store_true", help="Start the function again when a file of it changes."
    )
    group.add_argument(
        "--debug",
        type=positive_int,
        metavar="PORT",
        help="Start under debugpy and wait for a debugger on this port; implies --process.",
    )
    group.add_argument(
        "--max-environments",
        type=positive_int,
        default=10,
        metavar="N",
        help="Invocations of a function at once; more wait. [default: 10]",
    )
    group.add_argument(
        "--reserved-concurrency",
        type=positive_int,
        metavar="N",
        help="Refuse more invocations at once, as Lambda does.",
    )
    group.add_argument(
        "--on-failure",
        metavar="TARGET",
        help="Where failed asynchronous events go: an SQS or SNS ARN, or a file.",
    )
    group.add_argument(
        "--dead-letter", metavar="TARGET", help="Their dead-letter queue: an ARN, or a file."
    )
    group.add_argument(
        "--delay-factor",
        type=float,
        default=1.0,
        metavar="FACTOR",
        help="Shorten the waits between retries: 0.01 makes a minute 0.6 s. [default: 1]",
    )
    group.add_argument(
        "--deliver-twice",
        action="store_true",
        help="Deliver each asynchronous event twice, as Lambda sometimes does.",
    )
    group.add_argument(
        "--clock",
        type=float,
        metavar="FACTOR",
        help="Fire the schedules of template.yaml: 1 in real time, 720 a night in a minute.",
    )
    group.add_argument(
        "--clock-begin",
        type=_parse_moment,
        metavar="TIME",
        help="When the clock begins, such as 2026-10-24T20:00Z. [default: now]",
    )


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


def _parse_moment(text: str) -> datetime:
    """A time of ISO 8601; without a zone it is UTC."""
    moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)


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
