# A password is required: what an unauthenticated client may say, and every way to say the password.
--- option auth.users={default: {password_sha256: "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b"}}
--- option auth.required=true
--- redis-option requirepass secret
--- password secret

=== nothing before auth
>>> GET k
<<< -NOAUTH Authentication required.
>>> SET k v
<<< -NOAUTH Authentication required.
>>> PING
<<< -NOAUTH Authentication required.
>>> ECHO x
<<< -NOAUTH Authentication required.
>>> SELECT 1
<<< -NOAUTH Authentication required.
>>> MULTI
<<< -NOAUTH Authentication required.
>>> EXEC
<<< -EXECABORT Transaction discarded because of: NOAUTH Authentication required.
>>> EXEC x
<<< -EXECABORT Transaction discarded because of: wrong number of arguments for 'exec' command
>>> CLIENT ID
<<< -NOAUTH Authentication required.
>>> COMMAND
<<< -NOAUTH Authentication required.
>>> INFO
<<< -NOAUTH Authentication required.
>>> GET
<<< -ERR wrong number of arguments for 'get' command
>>> NOSUCH
<<< -ERR unknown command 'NOSUCH', with args beginning with:\x20
>>> HELLO
<<< -NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO AUTH <user> <pass> option can be used to authenticate the client and select the RESP protocol version at the same time
>>> HELLO 3
<<< -NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO AUTH <user> <pass> option can be used to authenticate the client and select the RESP protocol version at the same time
>>> HELLO 3 SETNAME bob
<<< -NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO AUTH <user> <pass> option can be used to authenticate the client and select the RESP protocol version at the same time
>>> HELLO 4
<<< -NOPROTO unsupported protocol version
>>> RESET
<<< +RESET
>>> QUIT
<<< +OK
<<<close

=== auth with the password alone
>>> AUTH wrong
<<< -WRONGPASS invalid username-password pair or user is disabled.
>>> AUTH ""
<<< -WRONGPASS invalid username-password pair or user is disabled.
>>> GET k
<<< -NOAUTH Authentication required.
>>> AUTH secret
<<< +OK
>>> GET k
<<< $-1
>>> AUTH wrong
<<< -WRONGPASS invalid username-password pair or user is disabled.
>>> GET k
<<< $-1

=== auth with user and password
>>> AUTH default wrong
<<< -WRONGPASS invalid username-password pair or user is disabled.
>>> AUTH nobody secret
<<< -WRONGPASS invalid username-password pair or user is disabled.
>>> AUTH Default secret
<<< -WRONGPASS invalid username-password pair or user is disabled.
>>> AUTH default secret
<<< +OK
>>> GET k
<<< $-1

=== hello with credentials
>>> HELLO 3 AUTH default wrong
<<< -WRONGPASS invalid username-password pair or user is disabled.
>>> HELLO 3 AUTH nobody secret
<<< -WRONGPASS invalid username-password pair or user is disabled.
>>> GET absent
<<< -NOAUTH Authentication required.
>>> HELLO 3 AUTH default secret SETNAME bob
<<<any
>>> GET absent
<<< _
>>> CLIENT GETNAME
<<< $3
<<< bob

=== a refused hello changes nothing
>>> HELLO 3 AUTH default wrong
<<< -WRONGPASS invalid username-password pair or user is disabled.
>>> AUTH secret
<<< +OK
>>> GET absent
<<< $-1

=== reset takes the authentication away
>>> AUTH secret
<<< +OK
>>> RESET
<<< +RESET
>>> GET k
<<< -NOAUTH Authentication required.

=== inline before auth
>>>raw "GET k\r\n"
<<< -NOAUTH Authentication required.
>>>raw "AUTH secret\r\n"
<<< +OK
>>>raw "GET k\r\n"
<<< $-1

=== auth inside a transaction
>>> AUTH secret
<<< +OK
>>> MULTI
<<< +OK
>>> AUTH secret
<<< +QUEUED
>>> AUTH wrong
<<< +QUEUED
>>> GET k
<<< +QUEUED
>>> EXEC
<<< *3
<<< +OK
<<< -WRONGPASS invalid username-password pair or user is disabled.
<<< $-1

=== an array of 10 is taken, of 11 is not
>>>raw "*10\r\n{{$1\r\nx\r\n*10}}"
<<< -ERR unknown command 'x', with args beginning with: 'x' 'x' 'x' 'x' 'x' 'x' 'x' 'x' 'x'\x20
>>>raw "*11\r\n"
<<< -ERR Protocol error: unauthenticated multibulk length
<<<close

=== a bulk of 16384 is taken
>>>raw "*2\r\n$4\r\nAUTH\r\n$16384\r\n{{x*16384}}\r\n"
<<< -WRONGPASS invalid username-password pair or user is disabled.

=== a bulk of 16385 is not
>>>raw "*2\r\n$4\r\nAUTH\r\n$16385\r\n"
<<< -ERR Protocol error: unauthenticated bulk length
<<<close

=== after auth larger ones are
>>> AUTH secret
<<< +OK
>>>raw "*13\r\n$4\r\nMGET\r\n{{$1\r\nx\r\n*12}}"
<<< *12
<<< $-1
<<< $-1
<<< $-1
<<< $-1
<<< $-1
<<< $-1
<<< $-1
<<< $-1
<<< $-1
<<< $-1
<<< $-1
<<< $-1
>>> ECHO {{x*20000}}
<<< $20000
<<< {{x*20000}}
