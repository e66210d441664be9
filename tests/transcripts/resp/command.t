# COMMAND: only what is supported, so most of it describes cachetted.

=== getkeys
>>> COMMAND GETKEYS GET k
<<< *1
<<< $1
<<< k
>>> COMMAND GETKEYS MSET a 1 b 2
<<< *2
<<< $1
<<< a
<<< $1
<<< b
>>> COMMAND GETKEYS MGET a b c
<<< *3
<<< $1
<<< a
<<< $1
<<< b
<<< $1
<<< c
>>> COMMAND GETKEYS RENAME a b
<<< *2
<<< $1
<<< a
<<< $1
<<< b
>>> COMMAND GETKEYS PING
<<< -ERR wrong number of arguments for 'command|getkeys' command
>>> COMMAND GETKEYS NOSUCH a
<<< -ERR Invalid command specified
>>> COMMAND GETKEYS GET
<<< -ERR wrong number of arguments for 'command|getkeys' command
>>> COMMAND GETKEYS
<<< -ERR wrong number of arguments for 'command|getkeys' command
>>> COMMAND GETKEYS DEL a b
<<< *2
<<< $1
<<< a
<<< $1
<<< b
>>> COMMAND GETKEYS COPY a b DB 1
<<< *2
<<< $1
<<< a
<<< $1
<<< b

=== count and list
>>> COMMAND COUNT
<<<~ :[1-9]\d+
>>> COMMAND COUNT x
<<< -ERR wrong number of arguments for 'command|count' command
>>> COMMAND LIST
<<<any
>>> COMMAND LIST FILTERBY PATTERN get
<<< *1
<<< $3
<<< get
>>> COMMAND LIST FILTERBY PATTERN nosuch*
<<< *0
>>> COMMAND LIST FILTERBY FOO x
<<< -ERR syntax error

=== unknown subcommand
>>> COMMAND NOSUCH
<<< -ERR unknown subcommand 'NOSUCH'. Try COMMAND HELP.

=== info of an unknown command
>>> COMMAND INFO nosuch
<<< *1
<<< $-1
>>> COMMAND DOCS nosuch
<<< *0
>>> COMMAND INFO
<<<any
>>> COMMAND
<<<any

=== info of get
--- daemon-only flags, categories and tips describe cachetted
>>> COMMAND INFO get
<<<~~ \*1\r\n\*(6|7|10)\r\n\$3\r\nget\r\n:2\r\n\*\d.*\r\n:1\r\n:1\r\n:1\r\n.*
