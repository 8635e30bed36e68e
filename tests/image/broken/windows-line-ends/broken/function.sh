handler() {
    echo "it runs"
}
