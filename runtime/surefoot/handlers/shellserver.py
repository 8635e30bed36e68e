"""The bash side of shell handlers."""

READY = "ready"
NO_FUNCTION = "no-function"

# Arguments: the file, the function, and four descriptors: event, answer, requests, reports. Names
# start with an underscore and stay out of the environment, so that they meet none of the user's.
#
# The function runs in a command substitution, so what it does to the shell ends with it, and an
# exit ends only the call. Bash turns errexit off there; a file that asked for it gets it back.
SERVER = r"""
_sf_file=$1 _sf_function=$2 _sf_event=$3 _sf_answer=$4 _sf_requests=$5 _sf_reports=$6
set --
source "$_sf_file" >&2
_sf_flags=$-
set +eu
if ! declare -F "$_sf_function" >/dev/null; then
  echo no-function >&"$_sf_reports"
  exit 1
fi
echo ready >&"$_sf_reports"
while IFS=$'\t' read -r -u "$_sf_requests" \
  SUREFOOT_REQUEST_ID SUREFOOT_DEADLINE_MS _X_AMZN_TRACE_ID; do
  export SUREFOOT_REQUEST_ID SUREFOOT_DEADLINE_MS _X_AMZN_TRACE_ID
  [[ $_X_AMZN_TRACE_ID == - ]] && unset _X_AMZN_TRACE_ID
  _sf_body=$(<"/proc/self/fd/$_sf_event")
  _sf_result=$(
    exec {_sf_requests}<&- {_sf_reports}>&-
    [[ $_sf_flags == *u* ]] && set -u
    [[ $_sf_flags == *e* ]] && set -e
    "$_sf_function" "${_sf_body%.}"
  )
  _sf_status=$?
  printf %s "$_sf_result" >"/proc/self/fd/$_sf_answer"
  echo "$_sf_status" >&"$_sf_reports"
done
"""
