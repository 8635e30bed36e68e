# surefoot: a Lambda container image for Python functions. Build it with `make image`, or with
# `docker build .`; only plain instructions, so that every builder can.

ARG BASE_IMAGE=public.ecr.aws/lambda/provided:al2
ARG UV_IMAGE=ghcr.io/astral-sh/uv:0.13.9

FROM ${UV_IMAGE} AS uv

FROM ${BASE_IMAGE} AS build
# 3.14 is the newest 3.14 that this uv knows; 3.10 to 3.15 are supported.
ARG PYTHON_VERSION=3.14
# Where uv learns what to download; empty is its own list. The variable is uv's.
ARG UV_PYTHON_DOWNLOADS_JSON_URL=
COPY --from=uv / /opt/uv/
# Of the two names uv gives the folder, the one with the full version is no link.
RUN mkdir -p /var/lang \
 && /opt/uv/uv python install --no-bin --install-dir /opt/python "${PYTHON_VERSION}" \
 && cp -a /opt/python/cpython-*.*.*/. /var/lang/
COPY bootstrap/prepare runtime/surefoot_tools/seal/modes.py runtime/surefoot_tools/seal/bytecode.py /opt/prepare/
RUN /var/lang/bin/python3 /opt/prepare/prepare interpreter
# The way back: 1 puts AWS's own client beside surefoot, and SUREFOOT_CLIENT=awslambdaric takes it at
# run time. It comes from PyPI, or from where pip's variables say.
ARG WITH_AWSLAMBDARIC=0
ARG PIP_FIND_LINKS
ARG PIP_NO_INDEX
COPY bootstrap/awslambdaric.txt /opt/awslambdaric.txt
RUN case "${WITH_AWSLAMBDARIC}" in \
      0) ;; \
      1) /var/lang/bin/python3 -m pip install --no-compile --only-binary :all: --require-hashes \
           --root-user-action ignore --requirement /opt/awslambdaric.txt \
         && /var/lang/bin/python3 -c 'import runtime_client' \
         && /var/lang/bin/python3 /opt/prepare/prepare packages ;; \
      *) echo "WITH_AWSLAMBDARIC is '${WITH_AWSLAMBDARIC}'; it takes 1 or 0." >&2; exit 1 ;; \
    esac
COPY runtime/ /var/runtime/
COPY bootstrap/bootstrap /var/runtime/bootstrap
COPY bootstrap/lambda-entrypoint.sh /lambda-entrypoint.sh
COPY bootstrap/surefoot /usr/local/bin/surefoot
RUN /var/lang/bin/python3 /opt/prepare/prepare runtime

FROM ${BASE_IMAGE}
LABEL org.opencontainers.image.title="surefoot" \
      org.opencontainers.image.description="A Lambda container-image runtime for Python" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=build /var/lang/ /var/lang/
COPY --from=build /etc/ssl/ /etc/ssl/
COPY --from=build /var/runtime/ /var/runtime/
COPY --from=build /lambda-entrypoint.sh /lambda-entrypoint.sh
COPY --from=build /usr/local/bin/surefoot /usr/local/bin/surefoot
# The only place a function may write to.
ENV HOME=/tmp
WORKDIR /var/task
ENTRYPOINT ["/lambda-entrypoint.sh"]
