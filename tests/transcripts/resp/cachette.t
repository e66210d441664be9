# The daemon's own commands.
--- daemon-only they are the daemon's own

=== help and status
--- over memory names its backend
>>> CACHETTE HELP
<<<~~ \*\d+\r\n\+CACHETTE .*
>>> CACHETTE STATUS
<<<~~ \*\d+\r\n.*\$7\r\nbackend\r\n\$8\r\ninmemory\r\n.*
>>> cachette status
<<<any
>>> CACHETTE
<<< -ERR wrong number of arguments for 'cachette' command
>>> CACHETTE NOSUCH
<<< -ERR unknown subcommand 'NOSUCH'. Try CACHETTE HELP.
>>> CACHETTE STATUS x
<<< -ERR wrong number of arguments for 'cachette|status' command

=== clear takes a namespace
>>> MSET ns:a 1 ns:b 2 ns: 3 nsx:a 4 ns 5 other:ns:a 6
<<< +OK
>>> CACHETTE CLEAR ns
<<< :3
>>> EXISTS ns:a ns:b ns:
<<< :0
>>> EXISTS nsx:a ns other:ns:a
<<< :3
>>> CACHETTE CLEAR ns
<<< :0
>>> CACHETTE CLEAR
<<< -ERR wrong number of arguments for 'cachette|clear' command

=== a namespace is no pattern
>>> MSET a:1 1 *:1 2 ?:1 3
<<< +OK
>>> CACHETTE CLEAR *
<<< :1
>>> CACHETTE CLEAR ?
<<< :1
>>> EXISTS a:1
<<< :1

=== flushexpired
>>> CACHETTE FLUSHEXPIRED
<<< :0
>>> SET stays v
<<< +OK
>>> CACHETTE FLUSHEXPIRED
<<< :0
>>> EXISTS stays
<<< :1

=== explain
>>> CACHETTE EXPLAIN absent
<<< $-1
>>> SET k hello EXAT 2100000000
<<< +OK
>>> CACHETTE EXPLAIN k
<<<~~ \*18\r\n\$5\r\nroute\r\n.*\$5\r\ncodec\r\n\$7\r\nvanilla\r\n\$11\r\ncompression\r\n\$4\r\nnone\r\n\$8\r\nreadable\r\n\$3\r\nyes\r\n.*stored_bytes\r\n:\d+\r\n\$5\r\nflags\r\n:0\r\n\$13\r\nexpires_at_ms\r\n:2100000000000\r\n.*
??? memcached <<<~~ \*18\r\n\$5\r\nroute\r\n.*\$5\r\ncodec\r\n\$7\r\nvanilla\r\n\$11\r\ncompression\r\n\$4\r\nnone\r\n\$8\r\nreadable\r\n\$3\r\nyes\r\n.*stored_bytes\r\n:\d+\r\n\$5\r\nflags\r\n:0\r\n\$13\r\nexpires_at_ms\r\n:210000000[0-3]\d{3}\r\n.*
>>> HELLO 3
<<<any
>>> CACHETTE EXPLAIN k
<<<~~ %9\r\n\$5\r\nroute\r\n.*
>>> CACHETTE STATUS
<<<~~ %\d+\r\n.*
