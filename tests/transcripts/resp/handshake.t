# HELLO, PING, ECHO, QUIT, RESET, AUTH where no password is set.

=== ping and echo
>>> PING
<<< +PONG
>>> PING hello
<<< $5
<<< hello
>>> PING a b
<<< -ERR wrong number of arguments for 'ping' command
>>> ECHO hello
<<< $5
<<< hello
>>> ECHO
<<< -ERR wrong number of arguments for 'echo' command
>>> ECHO a b
<<< -ERR wrong number of arguments for 'echo' command
>>> ECHO ""
<<< $0
<<< 

=== hello 2
>>> HELLO 2
<<<raw "*14\r\n$6\r\nserver\r\n$5\r\nredis\r\n$7\r\nversion\r\n$6\r\n7.0.15\r\n$5\r\nproto\r\n:2\r\n$2\r\nid\r\n"
<<<~ :\d+
<<<raw "$4\r\nmode\r\n$10\r\nstandalone\r\n$4\r\nrole\r\n$6\r\nmaster\r\n$7\r\nmodules\r\n*0\r\n"
>>> GET absent
<<< $-1

=== hello without a version tells and keeps it
>>> HELLO
<<<raw "*14\r\n$6\r\nserver\r\n$5\r\nredis\r\n$7\r\nversion\r\n$6\r\n7.0.15\r\n$5\r\nproto\r\n:2\r\n$2\r\nid\r\n"
<<<~ :\d+
<<<raw "$4\r\nmode\r\n$10\r\nstandalone\r\n$4\r\nrole\r\n$6\r\nmaster\r\n$7\r\nmodules\r\n*0\r\n"

=== hello 3 and back
>>> HELLO 3
<<<raw "%7\r\n$6\r\nserver\r\n$5\r\nredis\r\n$7\r\nversion\r\n$6\r\n7.0.15\r\n$5\r\nproto\r\n:3\r\n$2\r\nid\r\n"
<<<~ :\d+
<<<raw "$4\r\nmode\r\n$10\r\nstandalone\r\n$4\r\nrole\r\n$6\r\nmaster\r\n$7\r\nmodules\r\n*0\r\n"
>>> GET absent
<<< _
>>> HELLO
<<<any
>>> GET absent
<<< _
>>> HELLO 2
<<<any
>>> GET absent
<<< $-1

=== hello with a name and credentials
>>> HELLO 3 SETNAME bob
<<<any
>>> CLIENT GETNAME
<<< $3
<<< bob
>>> HELLO 2 AUTH default anything SETNAME al
<<<any
>>> CLIENT GETNAME
<<< $2
<<< al
>>> HELLO 3 setname ed auth default x
<<<any
>>> CLIENT GETNAME
<<< $2
<<< ed

=== hello refuses
>>> HELLO 1
<<< -NOPROTO unsupported protocol version
>>> HELLO 4
<<< -NOPROTO unsupported protocol version
>>> HELLO abc
<<< -ERR Protocol version is not an integer or out of range
>>> HELLO 3 FOO
<<< -ERR Syntax error in HELLO option 'FOO'
>>> HELLO 3 AUTH
<<< -ERR Syntax error in HELLO option 'AUTH'
>>> HELLO 3 AUTH a
<<< -ERR Syntax error in HELLO option 'AUTH'
>>> HELLO 3 SETNAME
<<< -ERR Syntax error in HELLO option 'SETNAME'
>>> HELLO 3 SETNAME "a b"
<<< -ERR Client names cannot contain spaces, newlines or special characters.
>>> HELLO 3 AUTH nobody secret
<<< -WRONGPASS invalid username-password pair or user is disabled.
>>> HELLO AUTH default x
<<< -ERR Protocol version is not an integer or out of range
>>> HELLO 99999999999999999999
<<< -ERR Protocol version is not an integer or out of range
>>> GET absent
<<< $-1

=== auth without a password set
>>> AUTH secret
<<< -ERR AUTH <password> called without any password configured for the default user. Are you sure your configuration is correct?
>>> AUTH default secret
<<< +OK
>>> AUTH nobody secret
<<< -WRONGPASS invalid username-password pair or user is disabled.
>>> AUTH
<<< -ERR wrong number of arguments for 'auth' command
>>> AUTH a b c
<<< -ERR syntax error

=== quit
>>> QUIT
<<<raw "+OK\r\n"
<<<close

=== what follows quit is not run
>>>raw "*1\r\n$4\r\nQUIT\r\n*3\r\n$3\r\nSET\r\n$1\r\nq\r\n$1\r\nv\r\n"
<<<raw "+OK\r\n"
<<<close
>>>[b] EXISTS q
<<<[b] :0

=== reset
>>> HELLO 3 SETNAME bob
<<<any
>>> SELECT 3
<<< +OK
??? memcached,mongodb,dynamodb <<< -ERR DB index is out of range
>>> SET k three
<<< +OK
>>> RESET
<<< +RESET
>>> CLIENT GETNAME
<<< $-1
>>> GET k
<<< $-1
??? memcached,mongodb,dynamodb <<<raw "$5\r\nthree\r\n"
>>> RESET x
<<< -ERR wrong number of arguments for 'reset' command

=== a pipeline is answered in order
>>>raw "*1\r\n$4\r\nPING\r\n*2\r\n$4\r\nECHO\r\n$1\r\na\r\n*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$1\r\nv\r\n*2\r\n$3\r\nGET\r\n$1\r\nk\r\n"
<<< +PONG
<<< $1
<<< a
<<< +OK
<<< $1
<<< v
