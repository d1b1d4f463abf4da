# shellcheck shell=bash disable=SC2034
# Where the Java parts are.
libraries=$CONFORMANCE_CACHE/oauth1/libraries
classes=$CONFORMANCE_CACHE/oauth1/classes
