#!/bin/bash
# The function of the bash contender.
echo_event() { printf %s "$1"; }
