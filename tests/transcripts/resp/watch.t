# WATCH and UNWATCH: optimistic locking.
--- over memory WATCH needs a connection of its own on a Redis store

=== nothing changed
>>> SET a 1
<<< +OK
>>> WATCH a
<<< +OK
>>> MULTI
<<< +OK
>>> SET a 2
<<< +QUEUED
>>> EXEC
<<< *1
<<< +OK
>>> GET a
<<< $1
<<< 2

=== changed by another connection
>>> SET a 1
<<< +OK
>>> WATCH a
<<< +OK
>>>[b] SET a other
<<<[b] +OK
>>> MULTI
<<< +OK
>>> SET a 2
<<< +QUEUED
>>> EXEC
<<< *-1
>>> GET a
<<< $5
<<< other
>>> MULTI
<<< +OK
>>> GET a
<<< +QUEUED
>>> EXEC
<<< *1
<<< $5
<<< other

=== changed by itself
>>> WATCH a
<<< +OK
>>> SET a 1
<<< +OK
>>> MULTI
<<< +OK
>>> EXEC
<<< *-1

=== set to the same value counts as changed
>>> SET a 1
<<< +OK
>>> WATCH a
<<< +OK
>>>[b] SET a 1
<<<[b] +OK
>>> MULTI
<<< +OK
>>> EXEC
<<< *-1

=== created, deleted, expired set, renamed
>>> WATCH a
<<< +OK
>>>[b] SET a 1
<<<[b] +OK
>>> MULTI
<<< +OK
>>> EXEC
<<< *-1
>>> WATCH a
<<< +OK
>>>[b] DEL a
<<<[b] :1
>>> MULTI
<<< +OK
>>> EXEC
<<< *-1
>>> SET a 1
<<< +OK
>>> WATCH a
<<< +OK
>>>[b] EXPIRE a 100
<<<[b] :1
>>> MULTI
<<< +OK
>>> EXEC
<<< *-1
>>> WATCH a
<<< +OK
>>>[b] PERSIST a
<<<[b] :1
>>> MULTI
<<< +OK
>>> EXEC
<<< *-1
>>> WATCH a
<<< +OK
>>>[b] RENAME a b
<<<[b] +OK
>>> MULTI
<<< +OK
>>> EXEC
<<< *-1
>>> WATCH a
<<< +OK
>>>[b] RENAME b a
<<<[b] +OK
>>> MULTI
<<< +OK
>>> EXEC
<<< *-1

=== what does not count as changed
>>> SET a 1
<<< +OK
>>> WATCH a absent
<<< +OK
>>>[b] GET a
<<<[b] $1
<<<[b] 1
>>>[b] TOUCH a
<<<[b] :1
>>>[b] SET other 1
<<<[b] +OK
>>>[b] DEL absent
<<<[b] :0
>>>[b] SETNX a 2
<<<[b] :0
>>>[b] PERSIST a
<<<[b] :0
>>> MULTI
<<< +OK
>>> GET a
<<< +QUEUED
>>> EXEC
<<< *1
<<< $1
<<< 1

=== several keys
>>> WATCH a b c
<<< +OK
>>>[b] SET c 1
<<<[b] +OK
>>> MULTI
<<< +OK
>>> EXEC
<<< *-1
>>> WATCH a
<<< +OK
>>> WATCH b
<<< +OK
>>>[b] SET a 1
<<<[b] +OK
>>> MULTI
<<< +OK
>>> EXEC
<<< *-1

=== unwatch
>>> WATCH a
<<< +OK
>>>[b] SET a 1
<<<[b] +OK
>>> UNWATCH
<<< +OK
>>> MULTI
<<< +OK
>>> GET a
<<< +QUEUED
>>> EXEC
<<< *1
<<< $1
<<< 1
>>> UNWATCH
<<< +OK
>>> UNWATCH x
<<< -ERR wrong number of arguments for 'unwatch' command
>>> WATCH
<<< -ERR wrong number of arguments for 'watch' command

=== discard forgets
>>> WATCH a
<<< +OK
>>> MULTI
<<< +OK
>>> DISCARD
<<< +OK
>>>[b] SET a 1
<<<[b] +OK
>>> MULTI
<<< +OK
>>> GET a
<<< +QUEUED
>>> EXEC
<<< *1
<<< $1
<<< 1

=== flush counts for keys that were there
>>> SET a 1
<<< +OK
>>> WATCH a
<<< +OK
>>>[b] FLUSHALL
<<<[b] +OK
>>> MULTI
<<< +OK
>>> EXEC
<<< *-1
>>> WATCH a
<<< +OK
>>>[b] FLUSHALL
<<<[b] +OK
>>> MULTI
<<< +OK
>>> EXEC
<<< *0
>>> SET a 1
<<< +OK
>>> WATCH a
<<< +OK
>>>[b] SELECT 5
<<<[b] +OK
>>>[b] FLUSHDB
<<<[b] +OK
>>> MULTI
<<< +OK
>>> EXEC
<<< *0
>>> WATCH a
<<< +OK
>>>[b] SELECT 0
<<<[b] +OK
>>>[b] FLUSHDB
<<<[b] +OK
>>> MULTI
<<< +OK
>>> EXEC
<<< *-1

=== swapdb and move
>>> SET a 1
<<< +OK
>>> WATCH a
<<< +OK
>>>[b] SWAPDB 0 1
<<<[b] +OK
>>> MULTI
<<< +OK
>>> EXEC
<<< *-1
>>>[b] SWAPDB 0 1
<<<[b] +OK
>>> WATCH a
<<< +OK
>>>[b] MOVE a 1
<<<[b] :1
>>> MULTI
<<< +OK
>>> EXEC
<<< *-1

=== the database belongs to the watched key
>>> SELECT 1
<<< +OK
>>> WATCH a
<<< +OK
>>>[b] SET a 1
<<<[b] +OK
>>> SELECT 0
<<< +OK
>>> MULTI
<<< +OK
>>> PING
<<< +QUEUED
>>> EXEC
<<< *1
<<< +PONG
>>> SELECT 1
<<< +OK
>>> WATCH a
<<< +OK
>>> SELECT 0
<<< +OK
>>>[b] SELECT 1
<<<[b] +OK
>>>[b] SET a 1
<<<[b] +OK
>>> MULTI
<<< +OK
>>> PING
<<< +QUEUED
>>> EXEC
<<< *-1

=== expired while watched
>>> SET a 1 PX 300
<<< +OK
>>> WATCH a
<<< +OK
!!! sleep 400
>>> MULTI
<<< +OK
>>> PING
<<< +QUEUED
>>> EXEC
<<< *-1

=== already expired when watched
>>> SET a 1 PX 1
<<< +OK
!!! sleep 30
>>> WATCH a
<<< +OK
>>> GET a
<<< $-1
>>> MULTI
<<< +OK
>>> PING
<<< +QUEUED
>>> EXEC
<<< *1
<<< +PONG

=== an aborted transaction with an error answers the error
>>> WATCH a
<<< +OK
>>>[b] SET a 1
<<<[b] +OK
>>> MULTI
<<< +OK
>>> NOSUCH
<<< -ERR unknown command 'NOSUCH', with args beginning with:\x20
>>> EXEC
<<< -EXECABORT Transaction discarded because of previous errors.

=== a bit that is set to what it was does not count as changed
>>> SET a "\xff"
<<< +OK
>>> WATCH a
<<< +OK
>>> SETBIT a 3 1
<<< :1
>>> SETRANGE a 0 ""
<<< :1
>>> MULTI
<<< +OK
>>> EXEC
<<< *0

=== appending nothing does
>>> SET a x
<<< +OK
>>> WATCH a
<<< +OK
>>> APPEND a ""
<<< :1
>>> MULTI
<<< +OK
>>> EXEC
<<< *-1

=== what is written counts, even where nothing changes
>>> SET a 1
<<< +OK
>>> WATCH a
<<< +OK
>>> INCRBY a 0
<<< :1
>>> MULTI
<<< +OK
>>> EXEC
<<< *-1
>>> WATCH a
<<< +OK
>>> SETRANGE a 0 1
<<< :1
>>> MULTI
<<< +OK
>>> EXEC
<<< *-1
>>> WATCH a
<<< +OK
>>> RENAME a a
<<< +OK
>>> MULTI
<<< +OK
>>> EXEC
<<< *0
>>> WATCH a
<<< +OK
>>> EXPIREAT a 4102444800 GT
<<< :0
>>> MULTI
<<< +OK
>>> EXEC
<<< *0

=== what is not executed does not change the connection
>>> WATCH a
<<< +OK
>>> SET a 2
<<< +OK
>>> MULTI
<<< +OK
>>> SELECT 1
<<< +QUEUED
>>> CLIENT SETNAME other
<<< +QUEUED
>>> CLIENT REPLY SKIP
<<< +QUEUED
>>> EXEC
<<< *-1
>>> GET a
<<< $1
<<< 2
>>> CLIENT GETNAME
<<< $-1
>>> WATCH a
<<< +OK
>>> MULTI
<<< +OK
>>> SELECT 1
<<< +QUEUED
>>> GET a
<<< +QUEUED
>>> CLIENT SETNAME other
<<< +QUEUED
>>> EXEC
<<< *3
<<< +OK
<<< $-1
<<< +OK
>>> CLIENT GETNAME
<<< $5
<<< other
>>> SELECT 0
<<< +OK
>>> GET a
<<< $1
<<< 2
