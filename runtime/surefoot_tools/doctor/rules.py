"""Every code that the doctor reports: title, severity, why it matters on Lambda, and the remedy.

A code never changes its meaning. ``README.md`` of surefoot_tools has one heading for each code, and
a test compares it with this table. A new check needs a file in ``checks`` and its rules here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .finding import ERROR, NOTE, WARNING


@dataclass(frozen=True)
class Rule:
    """What is known of a code.

    :param title: what is wrong, without a full stop
    :param explanation: why it matters on Lambda, and what exactly is checked
    :param remedy: what usually solves it; a finding's own remedy names paths and values
    """

    title: str
    severity: str
    explanation: str
    remedy: str


RULES: Mapping[str, Rule] = {
    "SF001": Rule(
        "a check failed",
        ERROR,
        "A check of the doctor ended with an exception, so it may have missed problems. That is a "
        "defect of surefoot, and an error, because an unfinished inspection proves nothing.",
        "Report it with the message. --ignore SF001=reason accepts an inspection without this "
        "check.",
    ),
    "SF002": Rule(
        "a file or folder cannot be read",
        ERROR,
        "The user that runs the doctor may not read something in the tree. It may hide any other "
        "problem, so it is reported and not skipped.",
        "Run the doctor as a user who may read everything, such as root in the image's build.",
    ),
    "SF101": Rule(
        "the entry point is missing or not executable",
        ERROR,
        "Lambda starts the image's ENTRYPOINT (or the first word of CMD) as user 993, whatever "
        "USER says. If the file is missing, or others may not read and execute it, the function "
        "fails with Runtime.InvalidEntrypoint before any code runs.",
        "Build the image FROM surefoot and keep its ENTRYPOINT, or RUN chmod 755 on the file.",
    ),
    "SF102": Rule(
        "the bootstrap is missing or not executable",
        ERROR,
        "surefoot's entry point starts /var/runtime/bootstrap. Without it, or without the mode "
        "bits for others, every start of the function fails.",
        "Build the image FROM surefoot, and copy nothing over /var/runtime.",
    ),
    "SF103": Rule(
        "a program that Lambda starts names an interpreter that is not in the image",
        ERROR,
        "The first line of a script names its interpreter. If that is missing, the kernel reports "
        '"no such file" for the script itself (execve(2)), which leads to the wrong file. Scripts '
        "that pip made in another build stage keep the path of that stage's Python.",
        "Name an interpreter of the image, such as /bin/sh or /var/lang/bin/python3.",
    ),
    "SF104": Rule(
        "a script has Windows line ends (CR LF)",
        ERROR,
        "The kernel takes the carriage return as part of the interpreter's name, and a shell takes "
        "it as part of the last word of every line. Git writes such files on Windows unless "
        ".gitattributes says otherwise.",
        "Write '*.sh text eol=lf' to .gitattributes, or convert the file with sed -i 's/\\r$//'.",
    ),
    "SF105": Rule(
        "a file cannot be read by Lambda's user",
        ERROR,
        "Lambda runs the function as user 993, who owns no file of the image, so the mode bits for "
        "others decide. A checkout under umask 077 copies files that only root can read: the "
        'function works in a local container, as root, and fails on Lambda with "permission '
        'denied".',
        "End the Dockerfile with RUN surefoot seal, or with RUN chmod -R a+rX /var/task.",
    ),
    "SF106": Rule(
        "a folder cannot be entered by Lambda's user",
        ERROR,
        "User 993 needs the mode bits r and x for others on every folder above a file. Without "
        "them everything below the folder is invisible, and imports fail.",
        "End the Dockerfile with RUN surefoot seal, or with RUN chmod -R a+rX /var/task.",
    ),
    "SF107": Rule(
        "code is outside the directories on sys.path",
        ERROR,
        "Imports search the working directory, /var/task, layers in /opt/python and site-packages. "
        "Code in /root, /home or /app is not found; in /root it cannot even be read. Code in /tmp "
        "disappears, because Lambda mounts an empty /tmp.",
        "Write WORKDIR /var/task before COPY … ./ in the Dockerfile.",
    ),
    "SF108": Rule(
        "a file called bootstrap is started instead of the runtime",
        ERROR,
        "AWS's emulator as the entry point looks for /var/task/bootstrap and /opt/bootstrap before "
        "/var/runtime/bootstrap, and runs the first one. surefoot's entry point starts "
        "/var/runtime/bootstrap directly, so the file is harmless there and not reported.",
        "Rename the file, or leave it out of the image.",
    ),
    "SF109": Rule(
        "a file is setuid or world-writable",
        WARNING,
        "Lambda drops all capabilities and mounts the root read-only, so such a bit has no use "
        "there. Image scanners report it, and outside Lambda it is a way in.",
        "RUN chmod ug-s,o-w on the file, or RUN surefoot seal, which sets modes.",
    ),
    "SF110": Rule(
        "an executable script names an interpreter that is not in the image",
        WARNING,
        "The file is executable and its first line names a program that the image lacks. It fails "
        "if the function runs it. Files for other systems (PowerShell, batch) are not reported.",
        "Name an interpreter of the image, install the missing one, or remove the file.",
    ),
    "SF111": Rule(
        "the image has files or folders in /tmp, where Lambda hides them",
        WARNING,
        "Lambda mounts an empty /tmp over the image's. Files that the image keeps there only cost "
        "size, and a folder that the code expects to exist is gone.",
        "Remove them in the RUN that makes them. Create folders in the function, before writing.",
    ),
    "SF112": Rule(
        "the working directory is not /var/task",
        WARNING,
        "Relative paths in COPY, CMD and the code start at the working directory. Lambda's own "
        "images use /var/task, and most instructions assume it.",
        "End the Dockerfile with WORKDIR /var/task, unless another directory is intended.",
    ),
    "SF113": Rule(
        "ENTRYPOINT or CMD is in shell form",
        ERROR,
        "In shell form, the builder puts /bin/sh -c before the words. As CMD, the entry point gets "
        "/bin/sh in place of the handler; as ENTRYPOINT, the shell gets CMD and does not pass it "
        "on. The function fails with Runtime.MalformedHandlerName or exit code 142 or 127.",
        'Write both as lists: CMD ["app.handler"].',
    ),
    "SF114": Rule(
        "the entry point is the emulator",
        ERROR,
        "aws-lambda-rie emulates Lambda on a developer's machine. As the entry point it is "
        "started on Lambda, too, and the function never polls for invocations.",
        'Write ENTRYPOINT ["/lambda-entrypoint.sh"], which starts the emulator only locally.',
    ),
    "SF115": Rule(
        "an extension in /opt/extensions cannot be executed",
        ERROR,
        "Lambda starts every file in /opt/extensions as user 993. If one may not be executed, init "
        "fails with Extension.LaunchError, and so does every invocation.",
        "RUN chmod 755 on the file, or RUN surefoot seal, which does that.",
    ),
    "SF116": Rule(
        "the exec wrapper is missing or not executable",
        ERROR,
        "AWS_LAMBDA_EXEC_WRAPPER names a program that is started in place of the interpreter, with "
        "the interpreter and its arguments as its own. Without the program nothing starts.",
        "COPY the program into the image with mode 755, or remove the variable.",
    ),
    "SF117": Rule(
        "the function uses something of the image's /tmp, which is empty on Lambda",
        ERROR,
        "Lambda mounts an empty /tmp over the image's, so a folder that the Dockerfile made there "
        'is gone, and opening a file in it fails with "No such file or directory". Reported if the '
        "function's code uses the path and nothing in it makes the folder or looks for it.",
        "Make the folder in the function before using it, and keep files below /var/task.",
    ),
    "SF118": Rule(
        "the entry point starts awslambdaric, and not surefoot",
        ERROR,
        "The image has surefoot, but its entry point names AWS's client, so surefoot never runs, "
        "and neither does the emulator: without a Runtime API, as in docker run, that client ends "
        "at once.",
        'Write ENTRYPOINT ["/lambda-entrypoint.sh"]. To run AWS\'s client on purpose, keep that '
        "entry point and write ENV SUREFOOT_CLIENT=awslambdaric.",
    ),
    "SF119": Rule(
        "the interpreter is missing or not executable",
        ERROR,
        "surefoot's bootstrap starts /var/lang/bin/python3, or the program that SUREFOOT_PYTHON "
        "names. Without it every start fails.",
        "Build the image FROM surefoot and keep its interpreter; remove ENV SUREFOOT_PYTHON.",
    ),
    "SF201": Rule(
        "the handler does not resolve",
        ERROR,
        "The handler is named module.function. If the module or the function does not exist, every "
        "invocation fails with Runtime.ImportModuleError, Runtime.HandlerNotFound or "
        "Runtime.MalformedHandlerName. The code is read, not run.",
        "Correct the handler's name in CMD, or copy the module to /var/task.",
    ),
    "SF202": Rule(
        "a module shadows the standard library",
        ERROR,
        "The task root comes first on sys.path, so a module there is imported in place of the "
        "standard library's by every library that asks for that name, which then fails far from "
        "the cause. Reported are names that the runtime, the function's own code or an installed "
        "package imports. A folder without __init__.py shadows nothing.",
        "Rename the file, or move it into a package.",
    ),
    "SF203": Rule(
        "a module shadows the runtime",
        ERROR,
        "A module called surefoot or surefoot_tools in the task root has the runtime's name. "
        "Either it is never imported, or it is started in the runtime's place.",
        "Rename it, or remove surefoot from requirements.txt: the image already has it.",
    ),
    "SF204": Rule(
        "code writes outside /tmp",
        WARNING,
        "On Lambda everything except /tmp is read-only, so the write raises OSError. Only code "
        "that the handler imports is checked, and only paths visible in the source: constants, "
        "joined paths, __file__, the home and the working directory. Code under "
        "if __name__ == '__main__' does not count.",
        "Write below /tmp.",
    ),
    "SF205": Rule(
        "code needs /dev/shm, which Lambda does not have",
        WARNING,
        "Locks, queues and pools of multiprocessing are semaphores in /dev/shm: on Lambda each "
        "raises OSError when it is created. Even multiprocessing.pool.ThreadPool has one. "
        "Process, Pipe and Manager have none. Only code that the handler imports is checked.",
        "Start a multiprocessing.get_context('spawn').Process for each part of the work and send "
        "its result through a Pipe, or use concurrent.futures.ThreadPoolExecutor; README.md has "
        "an example.",
    ),
    "SF206": Rule(
        "modules have no bytecode",
        WARNING,
        "Lambda's disk is read-only, so a module without bytecode in the image is compiled at "
        "every cold start. Whole images only: a plain folder is compiled in the build.",
        "End the Dockerfile with RUN surefoot seal.",
    ),
    "SF207": Rule(
        "bytecode is stale or from another Python version, and will be ignored",
        WARNING,
        "Python ignores bytecode of another version, or of a source that has changed, and compiles "
        "at every cold start. Bytecode that records its source's time counts as stale if the time "
        "or size differs now.",
        "End the Dockerfile with RUN surefoot seal.",
    ),
    "SF208": Rule(
        "an import at the top of the function's code finds nothing",
        ERROR,
        "Loading the handler fails with Runtime.ImportModuleError. Imports are followed from the "
        "handler's module through the function's own modules; those under a condition, in a "
        "function, or with their failure caught are skipped.",
        "Install the package in the Dockerfile: pip install -r requirements.txt "
        "-t ${LAMBDA_TASK_ROOT}.",
    ),
    "SF209": Rule(
        "the function's code has a syntax error",
        ERROR,
        "Loading the handler fails with Runtime.UserCodeSyntaxError. The image's Python version "
        "decides what is valid; if the doctor runs on an older Python, it does not report any.",
        "Correct the line. python3 -m py_compile FILE shows it.",
    ),
    "SF210": Rule(
        "awslambdaric is installed in the function's directory",
        WARNING,
        "surefoot is the runtime, so AWS's client only adds size, and with "
        "SUREFOOT_CLIENT=awslambdaric this copy would run in place of the image's. Not reported "
        "if the image's entry point starts awslambdaric itself: see SF118.",
        "Remove awslambdaric from requirements.txt.",
    ),
    "SF211": Rule(
        "bytecode is from another source, and runs instead of it",
        ERROR,
        "Bytecode with an unchecked hash (PEP 552) is never compared with its source. The source "
        "has changed since, so the old code runs.",
        "COPY first and RUN surefoot seal last, and list __pycache__ in .dockerignore.",
    ),
    "SF212": Rule(
        "the function runs a program that is not in the image",
        WARNING,
        "Lambda's base images have few programs: no git, aws, gs or unzip. Commands of the "
        "function's shell scripts and constant commands in Python are looked up on the image's "
        "PATH. Scripts that source other files, change PATH or test for the program are skipped.",
        "Install the program in the Dockerfile, or use a library.",
    ),
    "SF220": Rule(
        "files have changed since init was sealed",
        WARNING,
        "surefoot seal HANDLER puts the modules of init and botocore's models into one file. At a "
        "start each is compared with the size and time of the file it replaces, and one that "
        "differs is loaded as usual. That is right, but slower: what was sealed for it is of no "
        "use. Another version of Python makes no use of the file at all.",
        "RUN surefoot seal HANDLER last in the Dockerfile, after every COPY and RUN pip install.",
    ),
    "SF221": Rule(
        "botocore has models of services that init did not load",
        NOTE,
        "botocore comes with models of 400 services. They cost no time at a start, but they are "
        "most of its size, and they travel with every push and pull. Which services init loaded "
        "is known from the sealed file; a function may call others later.",
        "RUN pip install … && surefoot seal --only-services ecs,docdb in one instruction: files "
        "that a later layer removes stay in the image.",
    ),
    "SF301": Rule(
        "a variable that decides how the runtime starts is set in the image",
        ERROR,
        "AWS_LAMBDA_MAX_CONCURRENCY, AWS_LAMBDA_RUNTIME_API and LAMBDA_RUNTIME_DIR are Lambda's or "
        "the base image's. With another value, the runtime serves "
        "several invocations at once, takes the emulator for Lambda, or does not find its files.",
        "Remove the ENV instruction. For a local run, pass the variable to that run.",
    ),
    "SF302": Rule(
        "a variable called ENV is set in the image",
        WARNING,
        "POSIX shells read the file that ENV names when they start interactively; some read it "
        "always. A value such as production makes them report errors or run that file.",
        "Use another name, such as APP_ENV.",
    ),
    "SF303": Rule(
        "HOME is not writable",
        WARNING,
        "Many libraries keep caches in HOME. On Lambda only /tmp is writable.",
        "ENV HOME=/tmp",
    ),
    "SF304": Rule(
        "code prints the environment, and with it credentials",
        ERROR,
        "AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN are variables of every "
        "function. What a function prints goes to its log, which more people read than may act for "
        "the function. Reported are shell commands that print all variables, and Python code that "
        "prints, logs or returns os.environ as a whole.",
        "Print only the variables you need, by name, and none that holds a secret.",
    ),
    "SF305": Rule(
        "the image names no handler",
        WARNING,
        "Lambda passes CMD to the entry point, which is how the runtime knows what to call. "
        "Without it, every function made from the image must override the command.",
        'End the Dockerfile with CMD ["module.function"]. A base image for others needs none.',
    ),
    "SF306": Rule(
        "PYTHONHOME is set to another interpreter",
        ERROR,
        "PYTHONHOME tells the interpreter where its standard library is. With the wrong value it "
        "ends at its start, and every invocation fails.",
        "Remove ENV PYTHONHOME.",
    ),
    "SF307": Rule(
        "LD_LIBRARY_PATH hides a library of the interpreter",
        ERROR,
        "The variable replaces the value that Lambda's images have. If the interpreter then lacks "
        "a shared library, it cannot start (exit code 127).",
        "Add folders to the default value, and do not replace it.",
    ),
    "SF308": Rule(
        "a variable that Lambda overwrites is set in the image",
        WARNING,
        'Lambda sets these variables itself (Developer Guide, "Defined runtime environment '
        'variables"), so a value in the image is lost.',
        "Remove the ENV instruction. For a local run, pass the variable to that run.",
    ),
    "SF309": Rule(
        "a variable has a value with which Python or surefoot does not start",
        ERROR,
        "The interpreter ends with a fatal error where variables such as PYTHONHASHSEED or "
        "PYTHONMALLOC have values that it does not know, and surefoot with exit code 78 where one "
        "of its settings does.",
        "Remove the variable, or give it a value that is documented.",
    ),
    "SF401": Rule(
        "credentials are in the image",
        ERROR,
        "Anyone who can pull the image can read credentials in any of its layers, even after they "
        "are deleted. Text files that no installed package brought are searched for patterns that "
        "are hardly anything else. Only a secret's first characters are shown.",
        "Remove them, build again from the start and revoke them. Use the function's role, Secrets "
        "Manager, Parameter Store or a build secret.",
    ),
    "SF402": Rule(
        "a .env file is in the image",
        ERROR,
        "It holds a developer's settings and secrets, and anyone who can pull the image can read "
        "it. On Lambda, variables come from the function's configuration.",
        "Add .env to .dockerignore.",
    ),
    "SF403": Rule(
        "version-control history (.git, .hg, .svn) is in the image",
        ERROR,
        "It contains everything ever committed, including deleted secrets, and often the address "
        "of a remote with a token. It is also larger than the code.",
        "Add it to .dockerignore, or COPY only what the function needs.",
    ),
    "SF501": Rule(
        "a native file needs a newer C library",
        ERROR,
        "A native file lists the versions of the symbols it needs, and the dynamic linker refuses "
        "to load it if a library does not define them. Files built for musl (Alpine) need another "
        "C library. A plain folder is compared with provided:al2, or with --base.",
        "Install the package in the image, so that pip chooses a matching wheel.",
    ),
    "SF502": Rule(
        "a native file is for another machine",
        ERROR,
        "pip chooses wheels for the machine it runs on. On a Mac or another architecture it "
        "installs files that Lambda cannot load.",
        "Run pip install in the Dockerfile, or build for the right --platform.",
    ),
    "SF503": Rule(
        "a native file needs a library that is not in the image",
        WARNING,
        "The dynamic linker finds the library neither in the file's own search path nor in the "
        "system's folders, so loading the file raises ImportError or OSError.",
        "Install the library in the Dockerfile, or copy it to /opt/lib or /var/task/lib.",
    ),
    "SF504": Rule(
        "an extension module is for another Python",
        ERROR,
        "The file's name carries the Python version it was compiled for. Python looks only for its "
        "own, so the import fails.",
        "Run pip install in the Dockerfile, with the image's own Python.",
    ),
    "SF505": Rule(
        "a native file is damaged",
        ERROR,
        "The file is cut off, contradicts itself, or is a Git LFS pointer in place of the library. "
        "Loading it fails.",
        "Copy or install it again. git lfs pull fetches the file that a pointer names.",
    ),
    "SF601": Rule(
        "the image is larger than Lambda accepts",
        ERROR,
        "Lambda accepts 10 GiB for all layers together, unpacked. It refuses a function whose "
        "image is larger.",
        "Leave out what the function does not need, and load large data from S3 or EFS.",
    ),
    "SF602": Rule(
        "a layer is needlessly large",
        WARNING,
        "Size costs time at a cold start. A file that a later layer deletes, replaces or changes "
        "the mode of stays in the image: only the RUN that makes it can leave it out.",
        "Delete files in the RUN that makes them, or make them in another build stage.",
    ),
    "SF603": Rule(
        "the image is an index or has an attestation, which Lambda rejects",
        ERROR,
        "Lambda accepts one image for one architecture. BuildKit adds a provenance attestation by "
        "default, which turns the push into an image index; Lambda then reports that the media "
        "type of the image manifest is not supported.",
        "Build with docker buildx build --provenance=false --sbom=false, for one platform.",
    ),
    "SF604": Rule(
        "EXPOSE has no effect on Lambda",
        NOTE,
        "No connection from outside reaches a function, so EXPOSE only misleads readers.",
        "Remove EXPOSE. Call the function through a function URL or an API.",
    ),
    "SF605": Rule(
        "USER has no effect on Lambda",
        NOTE,
        "Lambda runs every image as its own user 993, so USER only misleads readers.",
        "Remove USER, and make the files readable by others.",
    ),
    "SF606": Rule(
        "the base image is out of support",
        WARNING,
        "Its distribution gets no security updates any more. Package indexes also stop building "
        "wheels for its old C library, so pip installs old versions of packages.",
        "Build on provided:al2023.",
    ),
}
