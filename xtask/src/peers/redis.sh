#!/bin/sh
# A server, as many requests to it, and its end: $1 is a folder of its own, $2 the requests.
# Both programs run on the chosen malloc; the peak is the server's, which is the larger one.
cd "$1" || exit 1
socket="$1/redis.sock"
redis-server --port 0 --unixsocket "$socket" --save '' --appendonly no --daemonize no >/dev/null &
server=$!
waited=0
until redis-cli -s "$socket" ping >/dev/null 2>&1; do
    waited=$((waited + 1))
    [ "$waited" -gt 200 ] && exit 1
    sleep 0.02
done
redis-benchmark -s "$socket" -q -n "$2" -r 100000 -d 40 -P 16 -t set,get,lpush,sadd >/dev/null || exit 1
redis-cli -s "$socket" shutdown nosave >/dev/null 2>&1
wait "$server"
