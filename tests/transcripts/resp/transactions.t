# MULTI, EXEC, DISCARD.

=== multi and exec
--- uncompressed anywhere a converted value cannot be changed in part within MULTI
>>> MULTI
<<< +OK
>>> SET a 1
<<< +QUEUED
>>> INCR a
<<< +QUEUED
>>> GET a
<<< +QUEUED
>>> GET absent
<<< +QUEUED
>>> MGET a absent
<<< +QUEUED
>>> EXEC
<<< *5
<<< +OK
<<< :2
<<< $1
<<< 2
<<< $-1
<<< *2
<<< $1
<<< 2
<<< $-1
>>> GET a
<<< $1
<<< 2

=== an empty transaction
>>> MULTI
<<< +OK
>>> EXEC
<<< *0

=== discard
>>> SET a 1
<<< +OK
>>> MULTI
<<< +OK
>>> SET a 2
<<< +QUEUED
>>> DISCARD
<<< +OK
>>> GET a
<<< $1
<<< 1
>>> DISCARD
<<< -ERR DISCARD without MULTI

=== exec without multi
>>> EXEC
<<< -ERR EXEC without MULTI
>>> EXEC x
<<< -EXECABORT Transaction discarded because of: wrong number of arguments for 'exec' command
>>> MULTI x
<<< -ERR wrong number of arguments for 'multi' command
>>> DISCARD x
<<< -ERR wrong number of arguments for 'discard' command

=== multi inside multi
>>> MULTI
<<< +OK
>>> MULTI
<<< -ERR MULTI calls can not be nested
>>> SET a 1
<<< +QUEUED
>>> EXEC
<<< *1
<<< +OK
>>> GET a
<<< $1
<<< 1

=== watch inside multi
>>> MULTI
<<< +OK
>>> WATCH a
<<< -ERR WATCH inside MULTI is not allowed
>>> SET a 1
<<< +QUEUED
>>> EXEC
<<< *1
<<< +OK
>>> GET a
<<< $1
<<< 1

=== an error while queueing aborts
>>> MULTI
<<< +OK
>>> SET a 1
<<< +QUEUED
>>> GET
<<< -ERR wrong number of arguments for 'get' command
>>> EXEC
<<< -EXECABORT Transaction discarded because of previous errors.
>>> GET a
<<< $-1
>>> MULTI
<<< +OK
>>> NOSUCH a
<<< -ERR unknown command 'NOSUCH', with args beginning with: 'a'\x20
>>> SET a 1
<<< +QUEUED
>>> EXEC
<<< -EXECABORT Transaction discarded because of previous errors.
>>> GET a
<<< $-1
>>> MULTI
<<< +OK
>>> CLIENT NOSUCH
<<< -ERR unknown subcommand 'NOSUCH'. Try CLIENT HELP.
>>> EXEC
<<< -EXECABORT Transaction discarded because of previous errors.

=== an error while running does not
--- uncompressed anywhere a converted value cannot be changed in part within MULTI
>>> SET a abc
<<< +OK
>>> MULTI
<<< +OK
>>> INCR a
<<< +QUEUED
>>> SET b 1
<<< +QUEUED
>>> SET c 1 EX 0
<<< +QUEUED
>>> SET c 1 NX XX
<<< +QUEUED
>>> EXEC
<<< *4
<<< -ERR value is not an integer or out of range
<<< +OK
<<< -ERR invalid expire time in 'set' command
<<< -ERR syntax error
>>> GET b
<<< $1
<<< 1

=== select inside
--- over memory refused over a Redis store: passthrough.t
>>> MULTI
<<< +OK
>>> SELECT 1
<<< +QUEUED
>>> SET a one
<<< +QUEUED
>>> SELECT 99
<<< +QUEUED
>>> EXEC
<<< *3
<<< +OK
<<< +OK
<<< -ERR DB index is out of range
>>> GET a
<<< $3
<<< one
>>> SELECT 0
<<< +OK
>>> GET a
<<< $-1

=== old values of one key, asked in one burst
--- uncompressed anywhere a converted value cannot be changed in part within MULTI
>>>raw "SET a mynewtext\r\nMULTI\r\nSET a 1e308 GET\r\nGETDEL a\r\nINCRBYFLOAT a 1.5\r\nEXEC\r\n"
<<<raw "+OK\r\n+OK\r\n+QUEUED\r\n+QUEUED\r\n+QUEUED\r\n*3\r\n$9\r\nmynewtext\r\n$5\r\n1e308\r\n$3\r\n1.5\r\n"

=== commands about the connection inside
>>> MULTI
<<< +OK
>>> PING
<<< +QUEUED
>>> PING hi
<<< +QUEUED
>>> ECHO x
<<< +QUEUED
>>> CLIENT SETNAME bob
<<< +QUEUED
>>> CLIENT GETNAME
<<< +QUEUED
>>> EXEC
<<< *5
<<< +PONG
<<< $2
<<< hi
<<< $1
<<< x
<<< +OK
<<< $3
<<< bob

=== unwatch, dbsize and flush inside
>>> MULTI
<<< +OK
>>> SET a 1
<<< +QUEUED
>>> DBSIZE
<<< +QUEUED
>>> FLUSHDB
<<< +QUEUED
>>> DBSIZE
<<< +QUEUED
>>> UNWATCH
<<< +QUEUED
>>> RANDOMKEY
<<< +QUEUED
>>> KEYS *
<<< +QUEUED
>>> SCAN 0
<<< +QUEUED
>>> EXEC
<<< *8
<<< +OK
<<< :1
<<< +OK
<<< :0
<<< +OK
<<< $-1
<<< *0
<<< *2
<<< $1
<<< 0
<<< *0

=== expiry inside
>>> MULTI
<<< +OK
>>> SET a 1 EXAT 2100000000
<<< +QUEUED
>>> EXPIRETIME a
<<< +QUEUED
>>> GETEX a PERSIST
<<< +QUEUED
>>> TTL a
<<< +QUEUED
>>> EXPIREAT a 1
<<< +QUEUED
>>> EXISTS a
<<< +QUEUED
>>> EXEC
<<< *6
<<< +OK
<<< :2100000000
??? memcached <<<~ :21000000(00|01|02|03)
<<< $1
<<< 1
<<< :-1
<<< :1
<<< :0

=== rename, copy and move inside
--- over memory MOVE and SWAPDB
>>> MULTI
<<< +OK
>>> SET a 1
<<< +QUEUED
>>> RENAME a b
<<< +QUEUED
>>> RENAME a c
<<< +QUEUED
>>> COPY b d
<<< +QUEUED
>>> MOVE d 1
<<< +QUEUED
>>> SWAPDB 0 1
<<< +QUEUED
>>> GET d
<<< +QUEUED
>>> EXEC
<<< *7
<<< +OK
<<< +OK
<<< -ERR no such key
<<< :1
<<< :1
<<< +OK
<<< $1
<<< 1
>>> GET d
<<< $1
<<< 1

=== reset ends it
>>> SET a 1
<<< +OK
>>> MULTI
<<< +OK
>>> SET a 2
<<< +QUEUED
>>> RESET
<<< +RESET
>>> EXEC
<<< -ERR EXEC without MULTI
>>> GET a
<<< $1
<<< 1

=== quit ends it
>>> MULTI
<<< +OK
>>> SET a 2
<<< +QUEUED
>>> QUIT
<<< +OK
<<<close
>>>[b] GET a
<<<[b] $-1

=== resp3
>>> HELLO 3
<<<any
>>> MULTI
<<< +OK
>>> GET absent
<<< +QUEUED
>>> SET a 1
<<< +QUEUED
>>> MGET a absent
<<< +QUEUED
>>> EXEC
<<< *3
<<< _
<<< +OK
<<< *2
<<< $1
<<< 1
<<< _
>>> EXEC
<<< -ERR EXEC without MULTI

=== resp3, aborted by a watched key
--- over memory WATCH needs a connection of its own on a Redis store
>>> HELLO 3
<<<any
>>> SET a 1
<<< +OK
>>> WATCH a
<<< +OK
>>>[b] SET a 2
<<<[b] +OK
>>> MULTI
<<< +OK
>>> GET a
<<< +QUEUED
>>> EXEC
<<< _
>>> EXEC
<<< -ERR EXEC without MULTI

=== hello inside
>>> MULTI
<<< +OK
>>> HELLO 3
<<< +QUEUED
>>> GET absent
<<< +QUEUED
>>> EXEC
<<<raw "*2\r\n%7\r\n$6\r\nserver\r\n$5\r\nredis\r\n$7\r\nversion\r\n$6\r\n7.0.15\r\n$5\r\nproto\r\n:3\r\n$2\r\nid\r\n"
<<<~ :\d+
<<<raw "$4\r\nmode\r\n$10\r\nstandalone\r\n$4\r\nrole\r\n$6\r\nmaster\r\n$7\r\nmodules\r\n*0\r\n_\r\n"

=== auth without a password inside
>>> MULTI
<<< +OK
>>> AUTH x
<<< +QUEUED
>>> EXEC
<<< *1
<<< -ERR AUTH <password> called without any password configured for the default user. Are you sure your configuration is correct?

=== a hundred commands
--- uncompressed anywhere a converted value cannot be changed in part within MULTI
>>>raw "*1\r\n$5\r\nMULTI\r\n{{*2\r\n$4\r\nINCR\r\n$1\r\nn\r\n*100}}*1\r\n$4\r\nEXEC\r\n"
<<< +OK
<<< +QUEUED
<<< +QUEUED
<<< +QUEUED
<<< +QUEUED
<<< +QUEUED
<<< +QUEUED
<<< +QUEUED
<<< +QUEUED
<<< +QUEUED
<<< +QUEUED
<<< +QUEUED
<<< +QUEUED
<<< +QUEUED
<<< +QUEUED
<<< +QUEUED
<<< +QUEUED
<<< +QUEUED
<<< +QUEUED
<<< +QUEUED
<<< +QUEUED
<<< +QUEUED
<<< +QUEUED
<<< +QUEUED
<<< +QUEUED
<<< +QUEUED
<<< +QUEUED
<<< +QUEUED
<<< +QUEUED
<<< +QUEUED
<<< +QUEUED
<<< +QUEUED
<<< +QUEUED
<<< +QUEUED
<<< +QUEUED
<<< +QUEUED
<<< +QUEUED
<<< +QUEUED
<<< +QUEUED
<<< +QUEUED
<<< +QUEUED
<<< +QUEUED
<<< +QUEUED
<<< +QUEUED
<<< +QUEUED
<<< +QUEUED
<<< +QUEUED
<<< +QUEUED
<<< +QUEUED
<<< +QUEUED
<<< +QUEUED
<<< +QUEUED
<<< +QUEUED
<<< +QUEUED
<<< +QUEUED
<<< +QUEUED
<<< +QUEUED
<<< +QUEUED
<<< +QUEUED
<<< +QUEUED
<<< +QUEUED
<<< +QUEUED
<<< +QUEUED
<<< +QUEUED
<<< +QUEUED
<<< +QUEUED
<<< +QUEUED
<<< +QUEUED
<<< +QUEUED
<<< +QUEUED
<<< +QUEUED
<<< +QUEUED
<<< +QUEUED
<<< +QUEUED
<<< +QUEUED
<<< +QUEUED
<<< +QUEUED
<<< +QUEUED
<<< +QUEUED
<<< +QUEUED
<<< +QUEUED
<<< +QUEUED
<<< +QUEUED
<<< +QUEUED
<<< +QUEUED
<<< +QUEUED
<<< +QUEUED
<<< +QUEUED
<<< +QUEUED
<<< +QUEUED
<<< +QUEUED
<<< +QUEUED
<<< +QUEUED
<<< +QUEUED
<<< +QUEUED
<<< +QUEUED
<<< +QUEUED
<<< +QUEUED
<<< +QUEUED
<<< +QUEUED
<<< +QUEUED
<<< *100
<<< :1
<<< :2
<<< :3
<<< :4
<<< :5
<<< :6
<<< :7
<<< :8
<<< :9
<<< :10
<<< :11
<<< :12
<<< :13
<<< :14
<<< :15
<<< :16
<<< :17
<<< :18
<<< :19
<<< :20
<<< :21
<<< :22
<<< :23
<<< :24
<<< :25
<<< :26
<<< :27
<<< :28
<<< :29
<<< :30
<<< :31
<<< :32
<<< :33
<<< :34
<<< :35
<<< :36
<<< :37
<<< :38
<<< :39
<<< :40
<<< :41
<<< :42
<<< :43
<<< :44
<<< :45
<<< :46
<<< :47
<<< :48
<<< :49
<<< :50
<<< :51
<<< :52
<<< :53
<<< :54
<<< :55
<<< :56
<<< :57
<<< :58
<<< :59
<<< :60
<<< :61
<<< :62
<<< :63
<<< :64
<<< :65
<<< :66
<<< :67
<<< :68
<<< :69
<<< :70
<<< :71
<<< :72
<<< :73
<<< :74
<<< :75
<<< :76
<<< :77
<<< :78
<<< :79
<<< :80
<<< :81
<<< :82
<<< :83
<<< :84
<<< :85
<<< :86
<<< :87
<<< :88
<<< :89
<<< :90
<<< :91
<<< :92
<<< :93
<<< :94
<<< :95
<<< :96
<<< :97
<<< :98
<<< :99
<<< :100
