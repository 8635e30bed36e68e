function handler () {
  EVENT_DATA=$1
  echo "$EVENT_DATA" 1>&2;
  RESPONSE="Echoing request: '$EVENT_DATA'"
  SCENARIO=$(echo "$EVENT_DATA" | jq -r .scenario)
  STEP=$(echo "$EVENT_DATA" | jq -r .step)
  echo "ENV: ${APP_ENV}" 1>&2;
  echo "SCENARIO: ${SCENARIO}" 1>&2;
  echo "STEP: ${STEP}" 1>&2;
  echo "$RESPONSE"
}
