handler() {
    env >&2
    echo "it runs"
}
