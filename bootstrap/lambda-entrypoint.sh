#!/bin/sh
# Entry point of the image; its arguments are the image's CMD, the handler.
# Every line is part of a cold start: builtins only, and it prints no variable, for they hold
# credentials.

if [ -z "${1:-${_HANDLER:-}}" ]; then
    echo 'surefoot: no handler: write CMD ["module.function"] in the Dockerfile (or set the' \
        'command of the Lambda function or of docker run), such as app.handler' >&2
    exit 142
fi

if [ -z "${AWS_LAMBDA_RUNTIME_API:-}" ]; then
    # Not on Lambda: the emulator brings the Runtime API. Sealed bytecode is not compared with its
    # source at a start; here it is, because people mount newer sources over what was sealed.
    export SUREFOOT_CHECK_BYTECODE=1
    exec /usr/local/bin/aws-lambda-rie /var/runtime/bootstrap "$@"
fi

# Read, not executed: another shell would take another millisecond.
# shellcheck source=bootstrap/bootstrap
. /var/runtime/bootstrap
