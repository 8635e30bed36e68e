"""The bash side of shell handlers: a script that serves one turn after another."""

READY = "ready"
NO_FUNCTION = "no-function"
BEGIN = "begin"
FAILED = "failed"
UNREAD = "unread"
END = "end"

# Arguments: the file, the function, and five descriptors, which are moved to numbers that no script
# uses: "exec 9>lock" is common. Names start with an underscore and stay out of the environment, so
# that they meet none of the user's.
#
# Reports are lines of tab-separated fields; all but the first two words carry the turn's number, so
# that a line of an earlier turn can never be taken for one of this turn. _sf_failed() runs as the
# ERR trap, which sees every command that would end the shell under errexit, innermost first, and as
# the EXIT trap, for what has no ERR: exit, an unset variable, a file that sets an ERR trap itself.
# It writes through /proc, because the function's own subshell has no descriptor of ours: a
# background job would hold it open.
#
# The first subshell ends everything that this bash has started when the runtime itself is gone,
# killed for example: it waits for the end of a pipe that only the runtime can write to.
#
# bash 4.2 (Amazon Linux 2) has no inherit_errexit; there the ERR trap, which command substitutions
# do inherit, ends them.
SERVER = r"""
_sf_file=$1 _sf_function=$2
exec 240<&"$3" 241<&"$4" 242<&"$5" 243>&"$6" 244<&"$7"
eval "exec $3<&- $4<&- $5<&- $6>&- $7<&-"
_sf_event=240 _sf_answer=241 _sf_requests=242 _sf_reports=243 _sf_life=244
set --
( (
  trap '' HUP INT TERM
  exec </dev/null >/dev/null 2>&1 \
    {_sf_event}<&- {_sf_answer}<&- {_sf_requests}<&- {_sf_reports}>&-
  builtin read -r -u "$_sf_life"
  sleep 1
  kill -TERM 0
  sleep 1
  kill -KILL 0
) & )
exec {_sf_life}<&-

_sf_failed() {
  local _sf_how=$1 _sf_line=$2 _sf_text=${_sf_command:0:200} _sf_at= _sf_i IFS=' '
  for ((_sf_i = 1; _sf_i < ${#FUNCNAME[@]} && _sf_i < 8; _sf_i++)); do
    [[ ${BASH_SOURCE[_sf_i]:-environment} == environment ]] && break
    _sf_at+=$'\t'${BASH_SOURCE[_sf_i]}$'\t'$_sf_line$'\t'${FUNCNAME[_sf_i]}
    _sf_line=${BASH_LINENO[_sf_i]}
  done
  builtin printf 'failed\t%s\t%s\t%s\t%s\t%s\t%s%s\n' "$_sf_turn" "$_sf_how" "$BASH_SUBSHELL" \
    "$_sf_status" "${_sf_pipe[*]}" "${_sf_text//[$'\t\n']/ }" "$_sf_at" \
    2>/dev/null >|"/proc/$$/fd/$_sf_reports"
  if [[ $_sf_inherit$_sf_how == 0ERR && $BASH_SUBSHELL -gt $_sf_level && $- != *e* ]]; then
    builtin exit "$_sf_status"
  fi
  { [[ -n $_sf_trace ]] && set -x; return "$_sf_status"; } 2>/dev/null
}
# Braces and /dev/null keep all this out of the trace of set -x. In one line, because each line end
# in a trap counts for $LINENO. The file's own trap follows in an else branch, where $? is still the
# failed command's.
_sf_on_error='{ _sf_status=$? _sf_pipe=("${PIPESTATUS[@]}") _sf_command=$BASH_COMMAND'
_sf_on_error+=' _sf_trace=${-//[!x]/}; set +x; } 2>/dev/null; if _sf_failed ERR "$LINENO"; then :'
_sf_on_exit='{ _sf_status=$? _sf_pipe=("") _sf_command=$BASH_COMMAND _sf_trace=; set +x; }'
_sf_on_exit+=' 2>/dev/null; if [[ $_sf_status != 0 ]] && _sf_failed EXIT ""; then :; fi'

_sf_turn=0 _sf_level=0 _sf_inherit=1
shopt -s inherit_errexit 2>/dev/null || _sf_inherit=0
trap "$_sf_on_error; fi" ERR
trap "$_sf_on_exit" EXIT
set -Eeuo pipefail
source "$_sf_file"
{ _sf_flags=$-; set +aeuvx; } 2>/dev/null
_sf_trap=$(builtin trap -p ERR)
if [[ $_sf_trap == *_sf_failed* ]]; then
  _sf_trap=
else
  # trap -- 'their command' ERR
  builtin eval "_sf_trap=(${_sf_trap:-x x ''})"
  _sf_trap=${_sf_trap[2]}
fi
builtin trap - ERR
[[ $(builtin trap -p EXIT) == *_sf_failed* ]] && builtin trap - EXIT
_sf_flags=${_sf_flags//[!aeuvx]/}
# From here on reports need no redirection, so they need no free descriptor.
exec >&"$_sf_reports" {_sf_reports}>&- && _sf_reports=1
if ! builtin declare -F "$_sf_function" >/dev/null; then
  builtin printf 'no-function\n'
  builtin exit 1
fi
builtin printf 'ready\n'
while IFS=$'\t' builtin read -r -u "$_sf_requests" \
  _sf_turn SUREFOOT_REQUEST_ID SUREFOOT_DEADLINE_MS _X_AMZN_TRACE_ID; do
  builtin export SUREFOOT_REQUEST_ID SUREFOOT_DEADLINE_MS _X_AMZN_TRACE_ID
  [[ $_X_AMZN_TRACE_ID == - ]] && builtin unset _X_AMZN_TRACE_ID
  _sf_body=$(<"/proc/self/fd/$_sf_event")
  _sf_argument=${_sf_body%".$_sf_turn."}
  # By length: comparing would copy both, megabytes maybe, several times.
  if ((${#_sf_argument} == ${#_sf_body})); then
    builtin printf 'unread\t%s\n' "$_sf_turn"
    continue
  fi
  _sf_body=
  (
    exec {_sf_out}>|"/proc/self/fd/$_sf_answer" || builtin exit 1
    builtin printf 'begin\t%s\n' "$_sf_turn"
    exec >&"$_sf_out" {_sf_out}>&- {_sf_event}<&- {_sf_answer}<&- {_sf_requests}<&- ||
      builtin exit 1
    _sf_level=$BASH_SUBSHELL
    builtin trap "$_sf_on_exit" EXIT
    if [[ $_sf_flags == *e* ]]; then
      set -E
      builtin trap "$_sf_on_error${_sf_trap:+; else $_sf_trap}
fi" ERR
    elif [[ -n $_sf_trap ]]; then
      builtin trap -- "$_sf_trap" ERR
    fi
    [[ -n $_sf_flags ]] && set "-$_sf_flags"
    "$_sf_function" "$_sf_argument"
  )
  builtin printf 'end\t%s\t%s\n' "$_sf_turn" "$?"
done
"""
