# A function in bash: the event is its first argument, its stdout the answer.
handler() {
  echo "shell saw $1" >&2
  if [ "$1" = '"fail"' ]; then
    return 3
  fi
  echo '{"from": "bash"}'
}
