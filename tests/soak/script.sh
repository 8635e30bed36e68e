# The shell function under test; it is copied into the task directory.
handler() {
  case $1 in
    *'"do": "shell fail"'*)
      echo "fails on purpose" >&2
      return 3
      ;;
  esac
  printf '%s' "$1"
}
