"""``package/module.function`` to the callable it names."""

import posix
import sys

from ..._process.operator_log import log_to_operator
from ...errors import (
    BUILT_IN_MODULE_CONFLICT,
    HANDLER_NOT_FOUND,
    IMPORT_MODULE_ERROR,
    MALFORMED_HANDLER_NAME,
    USER_CODE_SYNTAX_ERROR,
    Fault,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


def load_handler(handler: str, task_root: str) -> "Callable[[Any, Any], Any]":
    """Return the handler: a Python callable, or a shell function where there is no such module.

    A shell file is looked for where modules are: in the working directory, then in the task root.

    :raises Fault: as resolve(), and as ShellFunction
    :raises BaseException: whatever else the module raises while it is imported
    """
    try:
        return resolve(handler)
    except ModuleMissing as missing:
        from .shell import ShellFunction, find

        module, name = split(handler)
        directories = dict.fromkeys((posix.getcwd(), task_root))
        script = find(module, *directories)
        if script is not None:
            return ShellFunction(script, name)
        log_to_operator(
            f"{missing.message}. Looked in {', '.join(sys.path)}, and for {module}.sh in "
            + " and ".join(directories)
        )
        raise


class ModuleMissing(Fault):
    """The handler's own module is not there, as opposed to something that it imports."""


def split(name: str) -> tuple[str, str]:
    """Return the module and attribute parts of a handler's name.

    :raises Fault: Runtime.MalformedHandlerName, there is no dot to part it at
    """
    module, dot, attribute = name.rpartition(".")
    if not dot:
        raise Fault(
            MALFORMED_HANDLER_NAME,
            f"Bad handler '{name}': not enough values to unpack (expected 2, got 1)",
        )
    return module, attribute


def resolve(name: str) -> "Callable[[Any, Any], Any]":
    """Import the module of a handler and return the handler: module.function, or Class.method.

    Texts and types are awslambdaric's. A cause is attached where the trace says more than the
    message: an import that fails inside the user's modules.

    :raises Fault: Runtime.MalformedHandlerName, .BuiltInModuleConflict, .ImportModuleError,
        .UserCodeSyntaxError or .HandlerNotFound
    :raises BaseException: whatever else the module raises while it is imported
    """
    module_name, attribute = split(name)
    if module_name.split(".")[0] in sys.builtin_module_names:
        raise Fault(
            BUILT_IN_MODULE_CONFLICT,
            f"Cannot use built-in module {module_name} as a handler module",
        )
    dotted = module_name.replace("/", ".")
    if not all(dotted.split(".")):
        raise Fault(
            MALFORMED_HANDLER_NAME,
            f"Bad handler '{name}': '{module_name}' is not a module path; write it like "
            "package/module.function, relative to the task root.",
        )
    try:
        __import__(dotted)
    except ImportError as error:
        message = f"Unable to import module '{module_name}': {error}"
        if _is_missing(error, dotted):
            member = _member(dotted, attribute)
            if member is not None:
                return member
            raise ModuleMissing(IMPORT_MODULE_ERROR, message) from None
        raise Fault(IMPORT_MODULE_ERROR, message) from error
    except SyntaxError as error:
        place = f'  File "{error.filename}" Line {error.lineno}\n    {error.text}'
        raise Fault(
            USER_CODE_SYNTAX_ERROR, f"Syntax error in module '{module_name}': {error}", [place]
        ) from None
    try:
        return getattr(sys.modules[dotted], attribute)  # type: ignore[no-any-return]
    except AttributeError:
        raise Fault(
            HANDLER_NOT_FOUND, f"Handler '{attribute}' missing on module '{module_name}'"
        ) from None


def _member(dotted: str, attribute: str) -> "Callable[[Any, Any], Any] | None":
    """Return ``module.Class.method`` when the name before the last is not a module but a class.

    An ordinary method is bound to one instance, made now without arguments; static and class
    methods, and methods of objects, need none.
    """
    module_name, dot, name = dotted.rpartition(".")
    if not dot or module_name not in sys.modules:
        # Importing a.b imports a first, so a module that is there has been imported by now.
        return None
    owner = getattr(sys.modules[module_name], name, None)
    member = getattr(owner, attribute, None)
    if not callable(member):
        return None
    if isinstance(owner, type) and getattr(member, "__self__", None) is None:
        static = any(isinstance(vars(base).get(attribute), staticmethod) for base in owner.__mro__)
        return member if static else getattr(owner(), attribute)  # type: ignore[no-any-return]
    return member  # type: ignore[no-any-return]


def _is_missing(error: ImportError, dotted: str) -> bool:
    missing = error.name or ""
    return isinstance(error, ModuleNotFoundError) and (
        dotted == missing or dotted.startswith(missing + ".")
    )
