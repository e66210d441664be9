# commands.allow lets pass what is an administrator's or changes the server, commands.deny holds back.
--- over redis a store that speaks RESP has the other commands
--- daemon-only redis-server has no such rules
--- option commands.allow=[function, lastsave, hgetall, subscribe, blpop, monitor, psync, asking]
--- option commands.deny=[HGETALL, eval, script]

=== allowed
>>> FUNCTION FLUSH
<<< +OK
>>> FUNCTION LIST
<<< *0
>>> LASTSAVE
<<<~ :[0-9]+

=== denied, in whatever case, and although it is allowed too
>>> HSET h f v
<<< :1
>>> HGETALL h
<<< -ERR command 'hgetall' is denied (commands.deny)
>>> EVAL "return 1" 0
<<< -ERR command 'eval' is denied (commands.deny)
>>> script load x
<<< -ERR command 'script' is denied (commands.deny)
>>> EVALSHA 0123456789012345678901234567890123456789 0
<<<~ -NOSCRIPT .*
>>> MULTI
<<< +OK
>>> HGETALL h
<<< -ERR command 'hgetall' is denied (commands.deny)
>>> EXEC
<<<~ -EXECABORT .*

=== what would break the shared connection stays refused
>>> SUBSCRIBE c
<<<~ -ERR command 'subscribe' is not passed on to the '(redis|valkey)' backend: .*
>>> BLPOP l 0
<<<~ -ERR command 'blpop' is not passed on to the '(redis|valkey)' backend: it blocks .*
>>> MONITOR
<<<~ -ERR command 'monitor' is not passed on to the '(redis|valkey)' backend: it changes the state .*
>>> ASKING
<<<~ -ERR command 'asking' is not passed on to the '(redis|valkey)' backend: it changes the state .*
>>> PSYNC ? -1
<<<~ -ERR command 'psync' is not passed on to the '(redis|valkey)' backend: it changes the state .*

=== others pass as ever
>>> LPUSH l a
<<< :1
