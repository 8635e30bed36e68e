handler() {
    echo "APP_ENV: ${APP_ENV:-}" >&2
    echo "it runs"
}
