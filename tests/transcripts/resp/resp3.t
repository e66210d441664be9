# What RESP3 changes: nulls, maps, and nothing else for strings and keys.

=== nulls
>>> HELLO 3
<<<any
>>> GET absent
<<< _
>>> MGET absent absent
<<< *2
<<< _
<<< _
>>> SET k v XX
<<< _
>>> SET k v GET
<<< _
>>> GETSET k w
<<< $1
<<< v
>>> GETDEL absent
<<< _
>>> GETEX absent
<<< _
>>> RANDOMKEY
<<<any
>>> DEL k
<<< :1
>>> RANDOMKEY
<<< _
>>> CLIENT GETNAME
<<< _
>>> OBJECT ENCODING absent
<<< _
>>> MEMORY USAGE absent
<<< _

=== numbers and texts are as before
>>> HELLO 3
<<<any
>>> SET k 10
<<< +OK
>>> INCR k
<<< :11
>>> TTL k
<<< :-1
>>> EXISTS k
<<< :1
>>> TYPE k
<<< +string
>>> KEYS *
<<< *1
<<< $1
<<< k
>>> SCAN 0
<<< *2
<<< $1
<<< 0
<<< *1
<<< $1
<<< k
>>> INCRBYFLOAT k 0.5
<<< $4
<<< 11.5
>>> SETBIT k 1 1
<<< :0
>>> GETRANGE absent 0 -1
<<< $0
<<< 
>>> GET
<<< -ERR wrong number of arguments for 'get' command
>>> NOSUCH
<<< -ERR unknown command 'NOSUCH', with args beginning with:\x20

=== maps
>>> HELLO 3
<<<any
>>> CONFIG GET nosuch
<<< %0
>>> CONFIG GET databases
<<< %1
<<< $9
<<< databases
<<< $2
<<< 16
>>> COMMAND DOCS nosuch
<<< %0
>>> COMMAND INFO nosuch
<<< *1
<<< _

=== info is a verbatim string
>>> HELLO 3
<<<any
>>> INFO nosuch
<<< =4
<<< txt:
>>> LATENCY LATEST
<<< *0
>>> SLOWLOG GET 0
<<< *0

=== client list and info are verbatim strings
>>> HELLO 3
<<<any
>>> CLIENT INFO
<<<~ =\d+
<<<~ txt:id=\d+ addr=.*\n
>>> CLIENT LIST ID 999999
<<< =4
<<< txt:

=== each connection has its own version
>>> HELLO 3
<<<any
>>>[b] GET absent
<<<[b] $-1
>>> GET absent
<<< _
