# By how much each metric moves.
--- daemon-only redis-server has no such metrics

=== hits and misses
>>> SET k v
<<< +OK
>>> GET k
<<< $1
<<< v
>>> GET absent
<<< $-1
>>> MGET k absent k
<<< *3
<<< $1
<<< v
<<< $-1
<<< $1
<<< v
+++ cachetted_hits_total{protocol="resp"} 3
+++ cachetted_misses_total{protocol="resp"} 2
+++ cachetted_requests_total{command="get"} 2
+++ cachetted_requests_total{command="mget"} 1
+++ cachetted_requests_total{command="set"} 1

=== errors by kind
>>> GET
<<< -ERR wrong number of arguments for 'get' command
>>> NOSUCH
<<< -ERR unknown command 'NOSUCH', with args beginning with:\x20
>>> SET k v NX XX
<<< -ERR syntax error
>>> SET k abc
<<< +OK
>>> INCR k
<<< -ERR value is not an integer or out of range
+++ cachetted_errors_total{kind="wrong_arity"} 1
+++ cachetted_errors_total{kind="unknown_command"} 1
+++ cachetted_errors_total{kind="syntax"} 1
+++ cachetted_errors_total{kind="not_integer"} 1
+++ cachetted_errors_total 4

=== commands of a transaction count when they run
>>> MULTI
<<< +OK
>>> SET a 1
<<< +QUEUED
>>> GET a
<<< +QUEUED
>>> EXEC
<<< *2
<<< +OK
<<< $1
<<< 1
+++ cachetted_requests_total{command="exec"} 1
+++ cachetted_requests_total{command="multi"} 1
+++ cachetted_requests_total{command="get"} 1
+++ cachetted_requests_total{command="set"} 1
+++ cachetted_hits_total 1

=== protocol errors cut the connection
>>>raw "*x\r\n"
<<<raw "-ERR Protocol error: invalid multibulk length\r\n"
<<<close
+++ cachetted_connections_cut_total{reason="protocol_error"} 1
+++ cachetted_errors_total{kind="protocol"} 1

=== expiry
--- over memory what expires in a store is not known here
>>> SET k v PX 1
<<< +OK
!!! sleep 30
>>> GET k
<<< $-1
+++ cachetted_expiries_total 1
+++ cachetted_misses_total 1

=== subcommands have labels of their own
>>> CLIENT ID
<<<any
>>> CLIENT SETNAME x
<<< +OK
+++ cachetted_requests_total{command="client|id"} 1
+++ cachetted_requests_total{command="client|setname"} 1
