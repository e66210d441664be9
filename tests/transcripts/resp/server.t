# INFO, CONFIG, TIME, LASTSAVE, OBJECT, MEMORY, SLOWLOG, LATENCY, READONLY, WAIT.

=== info
>>> INFO
<<<any
>>> INFO everything
<<<any
>>> INFO server clients
<<<any

=== info names both versions
--- daemon-only the lines are cachetted's own
>>> INFO server
<<<~~ \$\d+\r\n# Server\r\n(.*\r\n)?redis_version:7\.0\.15\r\n(.*\r\n)?cachetted_version:\d+\.\d+\.\d+\r\n.*
>>> INFO
<<<~~ .*\r\nloading:0\r\n.*

=== info of a section that is not there
>>> INFO nosuch
<<< $0
<<< 

=== time
>>> TIME
<<< *2
<<<~ \$10
<<<~ \d{10}
<<<~ \$\d
<<<~ \d{1,6}
>>> TIME x
<<< -ERR wrong number of arguments for 'time' command

=== lastsave
>>> LASTSAVE
<<<~ :\d+
>>> LASTSAVE x
<<< -ERR wrong number of arguments for 'lastsave' command

=== dbsize
>>> DBSIZE
<<< :0
>>> SET a 1
<<< +OK
>>> DBSIZE
<<< :1

=== config get
>>> CONFIG GET nosuch
<<< *0
>>> CONFIG GET
<<< -ERR wrong number of arguments for 'config|get' command
>>> CONFIG
<<< -ERR wrong number of arguments for 'config' command
>>> CONFIG NOSUCH
<<< -ERR unknown subcommand 'NOSUCH'. Try CONFIG HELP.
>>> CONFIG GET databases
<<< *2
<<< $9
<<< databases
<<< $2
<<< 16
>>> CONFIG GET maxmemory
<<< *2
<<< $9
<<< maxmemory
<<< $1
<<< 0
>>> CONFIG SET nosuch 1
<<< -ERR Unknown option or number of arguments for CONFIG SET - 'nosuch'
>>> CONFIG SET a
<<< -ERR wrong number of arguments for 'config|set' command
>>> CONFIG GET save
<<< *2
<<< $4
<<< save
<<< $0
<<< 

=== object
>>> OBJECT ENCODING absent
<<< $-1
>>> OBJECT FREQ absent
<<< $-1
>>> OBJECT IDLETIME absent
<<< $-1
>>> SET n 12
<<< +OK
>>> OBJECT ENCODING n
<<< $3
<<< int
>>> SET s hello
<<< +OK
>>> OBJECT ENCODING s
<<< $6
<<< embstr
>>> SET l {{x*45}}
<<< +OK
>>> OBJECT ENCODING l
<<< $3
<<< raw
>>> SET m {{x*44}}
<<< +OK
>>> OBJECT ENCODING m
<<< $6
<<< embstr
>>> OBJECT IDLETIME s
<<<~ :[01]
>>> OBJECT
<<< -ERR wrong number of arguments for 'object' command
>>> OBJECT NOSUCH s
<<< -ERR unknown subcommand 'NOSUCH'. Try OBJECT HELP.
>>> OBJECT ENCODING
<<< -ERR wrong number of arguments for 'object|encoding' command
>>> OBJECT ENCODING a b
<<< -ERR wrong number of arguments for 'object|encoding' command

=== memory
>>> MEMORY USAGE absent
<<< $-1
>>> SET k v
<<< +OK
>>> MEMORY USAGE k
<<<~ :[1-9]\d*
>>> MEMORY USAGE k SAMPLES 5
<<<~ :[1-9]\d*
>>> MEMORY USAGE k SAMPLES abc
<<< -ERR value is not an integer or out of range
>>> MEMORY USAGE k SAMPLES -1
<<< -ERR syntax error
>>> MEMORY USAGE k FOO
<<< -ERR syntax error
>>> MEMORY USAGE
<<< -ERR wrong number of arguments for 'memory|usage' command
>>> MEMORY NOSUCH
<<< -ERR unknown subcommand 'NOSUCH'. Try MEMORY HELP.
>>> MEMORY
<<< -ERR wrong number of arguments for 'memory' command

=== slowlog
>>> SLOWLOG RESET
<<< +OK
>>> SLOWLOG LEN
<<< :0
>>> SLOWLOG GET
<<< *0
>>> SLOWLOG GET 10
<<< *0
>>> SLOWLOG GET -1
<<< *0
>>> SLOWLOG GET -2
<<< -ERR count should be greater than or equal to -1
>>> SLOWLOG GET abc
<<< -ERR count should be greater than or equal to -1
>>> SLOWLOG NOSUCH
<<< -ERR unknown subcommand 'NOSUCH'. Try SLOWLOG HELP.
>>> SLOWLOG
<<< -ERR wrong number of arguments for 'slowlog' command
>>> SLOWLOG LEN x
<<< -ERR wrong number of arguments for 'slowlog|len' command

=== latency
>>> LATENCY LATEST
<<< *0
>>> LATENCY HISTORY command
<<< *0
>>> LATENCY RESET
<<< :0
>>> LATENCY RESET command
<<< :0
>>> LATENCY NOSUCH
<<< -ERR unknown subcommand 'NOSUCH'. Try LATENCY HELP.
>>> LATENCY
<<< -ERR wrong number of arguments for 'latency' command

=== readonly and readwrite
>>> READONLY
<<< -ERR This instance has cluster support disabled
>>> READONLY x
<<< -ERR wrong number of arguments for 'readonly' command

=== wait
>>> WAIT 0 0
<<< :0
>>> WAIT 0 10
<<< :0
>>> WAIT abc 0
<<< -ERR value is not an integer or out of range
>>> WAIT 0 abc
<<< -ERR timeout is not an integer or out of range
>>> WAIT 0 -1
<<< -ERR timeout is negative
>>> WAIT 0
<<< -ERR wrong number of arguments for 'wait' command
