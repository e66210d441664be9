# commands.deny holds back what cachetted serves itself too, over every backend.
--- daemon-only redis-server has no such rules
--- option commands.deny=[GET, flushdb, slowlog, client, exec2, object]
--- option threads=1

=== denied, in whatever case and form
>>> SET k v
<<< +OK
>>> GET k
<<< -ERR command 'get' is denied (commands.deny)
>>> gEt k
<<< -ERR command 'get' is denied (commands.deny)
>>>raw "get k\r\nFLUSHDB\r\nPING\r\n"
<<< -ERR command 'get' is denied (commands.deny)
<<< -ERR command 'flushdb' is denied (commands.deny)
<<< +PONG
>>> FLUSHDB ASYNC
<<< -ERR command 'flushdb' is denied (commands.deny)
>>> GET
<<< -ERR wrong number of arguments for 'get' command
>>> MGET k
<<< *1
<<< $1
<<< v
>>> EXEC2
<<< -ERR unknown command 'EXEC2', with args beginning with:\x20

=== with the subcommands
>>> CLIENT ID
<<< -ERR command 'client' is denied (commands.deny)
>>> CLIENT LIST
<<< -ERR command 'client' is denied (commands.deny)
>>> SLOWLOG LEN
<<< -ERR command 'slowlog' is denied (commands.deny)
>>> OBJECT HELP
<<< -ERR command 'object' is denied (commands.deny)
>>> MEMORY USAGE absent
<<< $-1

=== within a transaction
>>> MULTI
<<< +OK
>>> SET k v
<<< +QUEUED
>>> GET k
<<< -ERR command 'get' is denied (commands.deny)
>>> EXEC
<<< -EXECABORT Transaction discarded because of previous errors.
>>> EXISTS k
<<< :0
+++ cachetted_hits_total 0
+++ cachetted_misses_total 0

=== another list while it runs
>>> SET k v
<<< +OK
>>> MULTI
<<< +OK
>>> MGET k
<<< +QUEUED
>>>[b] CONFIG SET commands.deny "mget, exec"
<<<[b] +OK
!!! sleep 30
>>>[b] GET k
<<<[b] $1
<<<[b] v
>>> EXEC
<<< -EXECABORT Transaction discarded because of: command 'exec' is denied (commands.deny)
>>> GET k
<<< $1
<<< v
>>> MULTI
<<< +OK
>>>[b] CONFIG SET commands.deny ""
<<<[b] +OK
!!! sleep 30
>>> MGET k
<<< +QUEUED
>>>[b] CONFIG SET commands.deny mget
<<<[b] +OK
!!! sleep 30
>>> EXEC
<<< *1
<<< -ERR command 'mget' is denied (commands.deny)
>>>[b] CONFIG SET commands.deny "get, hello"
<<<[b]~ -ERR .*cannot be denied.*
>>>[b] CONFIG SET commands.deny "get, flushdb, slowlog, client, exec2, object"
<<<[b] +OK
