# CLIENT subcommands that clients use in their handshakes.

=== name
>>> CLIENT GETNAME
<<< $-1
>>> CLIENT SETNAME bob
<<< +OK
>>> CLIENT GETNAME
<<< $3
<<< bob
>>> client setname ""
<<< +OK
>>> CLIENT GETNAME
<<< $-1
>>> CLIENT SETNAME "a b"
<<< -ERR Client names cannot contain spaces, newlines or special characters.
>>> CLIENT SETNAME "a\n"
<<< -ERR Client names cannot contain spaces, newlines or special characters.
>>> CLIENT SETNAME
<<< -ERR wrong number of arguments for 'client|setname' command
>>> CLIENT SETNAME a b
<<< -ERR wrong number of arguments for 'client|setname' command
>>> CLIENT GETNAME x
<<< -ERR wrong number of arguments for 'client|getname' command

=== id
>>> CLIENT ID
<<<~ :\d+
>>> CLIENT ID x
<<< -ERR wrong number of arguments for 'client|id' command

=== unknown subcommands
>>> CLIENT
<<< -ERR wrong number of arguments for 'client' command
>>> CLIENT NOSUCH
<<< -ERR unknown subcommand 'NOSUCH'. Try CLIENT HELP.
>>> CLIENT MAINT_NOTIFICATIONS ON
<<< -ERR unknown subcommand 'MAINT_NOTIFICATIONS'. Try CLIENT HELP.
>>> CLIENT maint_notifications on moving-endpoint-type external-ip
<<< -ERR unknown subcommand 'maint_notifications'. Try CLIENT HELP.
>>> CLIENT ""
<<< -ERR unknown subcommand ''. Try CLIENT HELP.

=== reply off and skip
>>> CLIENT REPLY ON
<<< +OK
>>>raw "*3\r\n$6\r\nCLIENT\r\n$5\r\nREPLY\r\n$4\r\nSKIP\r\n*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1\r\n1\r\n*2\r\n$3\r\nGET\r\n$1\r\na\r\n"
<<<raw "$1\r\n1\r\n"
>>>raw "*3\r\n$6\r\nCLIENT\r\n$5\r\nREPLY\r\n$3\r\nOFF\r\n*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1\r\n2\r\n*2\r\n$3\r\nGET\r\n$1\r\na\r\n*3\r\n$6\r\nCLIENT\r\n$5\r\nREPLY\r\n$2\r\nON\r\n*2\r\n$3\r\nGET\r\n$1\r\na\r\n"
<<<raw "+OK\r\n$1\r\n2\r\n"
>>> CLIENT REPLY FOO
<<< -ERR syntax error
>>> CLIENT REPLY
<<< -ERR wrong number of arguments for 'client|reply' command

=== no-evict
>>> CLIENT NO-EVICT ON
<<< +OK
>>> CLIENT NO-EVICT off
<<< +OK
>>> CLIENT NO-EVICT FOO
<<< -ERR syntax error
>>> CLIENT NO-EVICT
<<< -ERR wrong number of arguments for 'client|no-evict' command

=== unpause
>>> CLIENT UNPAUSE
<<< +OK
>>> CLIENT UNPAUSE x
<<< -ERR wrong number of arguments for 'client|unpause' command

=== info and list describe this connection
>>> CLIENT SETNAME bob
<<< +OK
>>> SELECT 2
<<< +OK
??? memcached,mongodb,dynamodb <<< -ERR DB index is out of range
>>> CLIENT INFO
<<<~ \$\d+
<<<~ id=\d+ addr=127\.0\.0\.1:\d+ .*name=bob .*db=2 .*cmd=client\|info .*\n
??? memcached,mongodb,dynamodb <<<~ id=\d+ addr=127\.0\.0\.1:\d+ .*name=bob .*db=0 .*cmd=client\|info .*\n
>>> CLIENT LIST
<<<~ \$\d+
<<<~ (?s:.*)id=\d+ addr=127\.0\.0\.1:\d+ .*name=bob .*db=2 .*cmd=client\|list .*\n
??? memcached,mongodb,dynamodb <<<~ (?s:.*)id=\d+ addr=127\.0\.0\.1:\d+ .*name=bob .*db=0 .*cmd=client\|list .*\n
>>> CLIENT LIST TYPE foo
<<< -ERR Unknown client type 'foo'
>>> CLIENT LIST ID
<<< -ERR syntax error
>>> CLIENT LIST ID abc
<<< -ERR Invalid client ID
>>> CLIENT LIST FOO
<<< -ERR syntax error
>>> CLIENT INFO x
<<< -ERR wrong number of arguments for 'client|info' command

=== list by an id that is not there
>>> CLIENT LIST ID 999999
<<< $0
<<< 

=== kill another by name of its address is refused for nobody
>>> CLIENT KILL 127.0.0.1:1
<<< -ERR No such client
>>> CLIENT KILL ID 999999
<<< :0
>>> CLIENT KILL ID abc
<<< -ERR client-id should be greater than 0
>>> CLIENT KILL ID 0
<<< -ERR client-id should be greater than 0
>>> CLIENT KILL TYPE foo
<<< -ERR Unknown client type 'foo'
>>> CLIENT KILL FOO bar
<<< -ERR syntax error
>>> CLIENT KILL
<<< -ERR wrong number of arguments for 'client|kill' command
>>> CLIENT KILL SKIPME maybe
<<< -ERR syntax error
>>> CLIENT KILL USER nobody
<<< -ERR No such user 'nobody'

=== setinfo and no-touch are newer than the oracle
--- daemon-only newer than redis 7.0
>>> CLIENT SETINFO LIB-NAME redis-py
<<< +OK
>>> CLIENT SETINFO lib-ver 8.1.0
<<< +OK
>>> CLIENT INFO
<<<~ \$\d+
<<<~ id=\d+ .*lib-name=redis-py lib-ver=8\.1\.0.*\n
>>> CLIENT SETINFO FOO bar
<<< -ERR Unrecognized option 'FOO'
>>> CLIENT SETINFO LIB-NAME "a b"
<<< -ERR lib-name cannot contain spaces, newlines or special characters.
>>> CLIENT SETINFO LIB-NAME
<<< -ERR wrong number of arguments for 'client|setinfo' command
>>> CLIENT NO-TOUCH ON
<<< +OK
>>> CLIENT NO-TOUCH OFF
<<< +OK
>>> CLIENT NO-TOUCH FOO
<<< -ERR syntax error
