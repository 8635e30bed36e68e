handler() {
    echo "it runs"
}
