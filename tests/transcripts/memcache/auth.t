# Authentication as memcached -Y has it: a first set whose value is the user, a blank and the password.
--- option auth.users={user: {password_sha256: "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b"}}
--- option auth.required=true
--- memcached-option -Y user:secret
--- password user secret

=== nothing before it
>>> get k
<<< CLIENT_ERROR unauthenticated
>>> version
<<< CLIENT_ERROR unauthenticated
>>> mn
<<< CLIENT_ERROR unauthenticated
>>> foo
<<< CLIENT_ERROR unauthenticated
>>>
<<< CLIENT_ERROR unauthenticated
>>> stats
<<< CLIENT_ERROR unauthenticated
>>> flush_all
<<< CLIENT_ERROR unauthenticated
>>> mg k
<<< CLIENT_ERROR unauthenticated
>>> verbosity 1
<<< CLIENT_ERROR unauthenticated
>>> shutdown
<<< CLIENT_ERROR unauthenticated
>>> quit
<<< CLIENT_ERROR unauthenticated
>>> GET / HTTP/1.1
<<< CLIENT_ERROR unauthenticated
>>> set k
<<< CLIENT_ERROR unauthenticated
>>> set k 0 0 abc
<<< CLIENT_ERROR unauthenticated
>>> set k 0 0 -1
<<< CLIENT_ERROR unauthenticated
>>> gat 0 k
<<< CLIENT_ERROR unauthenticated

=== only by set
>>> add k 0 0 11
<<< CLIENT_ERROR unauthenticated
>>> user secret
<<< CLIENT_ERROR unauthenticated
>>> ms k 11
<<< CLIENT_ERROR unauthenticated
>>> user secret
<<< CLIENT_ERROR unauthenticated
>>> cas k 0 0 11 1
<<< CLIENT_ERROR unauthenticated
>>> user secret
<<< CLIENT_ERROR unauthenticated
>>> mn
<<< CLIENT_ERROR unauthenticated

=== a good set, which stores nothing
>>> set k 0 0 11
>>> user secret
<<< STORED
>>> get k
<<< END
>>> set k 0 0 11
>>> user secret
<<< STORED
>>> get k
<<< VALUE k 0 11
<<< user secret
<<< END

=== the key, flags and time do not matter
>>> set anything 99 1000 11
>>> user secret
<<< STORED
>>> mn
<<< MN

=== noreply is not heard
>>> set k 0 0 11 noreply
>>> user secret
<<< STORED
>>> mn
<<< MN

=== a wrong password, then the right one
>>> set k 0 0 10
>>> user wrong
<<< CLIENT_ERROR authentication failure
>>> get k
<<< CLIENT_ERROR unauthenticated
>>> set k 0 0 10
>>> user secre
<<< CLIENT_ERROR authentication failure
>>> set k 0 0 12
>>> user secretx
<<< CLIENT_ERROR authentication failure
>>> set k 0 0 13
>>> nobody secret
<<< CLIENT_ERROR authentication failure
>>> set k 0 0 11
>>> user secret
<<< STORED
>>> get k
<<< END

=== without a blank
>>> set k 0 0 11
>>> user:secret
<<< CLIENT_ERROR bad authentication token format
>>> set k 0 0 4
>>> user
<<< CLIENT_ERROR bad authentication token format
>>> set k 0 0 0
>>>
<<< CLIENT_ERROR bad authentication token format
>>> mn
<<< CLIENT_ERROR unauthenticated

=== a block that ends wrongly
>>>raw "set k 0 0 11\r\nuser secretx\r\n"
<<< CLIENT_ERROR bad command line termination
>>> mn
<<< CLIENT_ERROR unauthenticated

=== far too long
>>> set k 0 0 3000
>>> {{x*3000}}
<<< CLIENT_ERROR bad authentication token format
>>> mn
<<< CLIENT_ERROR unauthenticated

=== together with what follows
>>>raw "set k 0 0 11\r\nuser secret\r\nset a 0 0 1\r\nx\r\nget a k\r\n"
<<< STORED
<<< STORED
<<< VALUE a 0 1
<<< x
<<< END

=== each connection for itself
>>> set k 0 0 11
>>> user secret
<<< STORED
>>> mn
<<< MN
>>>[b] mn
<<<[b] CLIENT_ERROR unauthenticated

=== of the line only the length is read
>>> set x a b 11
>>> user secret
<<< STORED
>>>[b] set x 0 0 11 5 6 7
>>>[b] user secret
<<<[b] STORED
>>>[c] set {{k*251}} 0 0 11
>>>[c] user secret
<<<[c] STORED
>>>[d] set x 0 0 +4294967307
>>>[d] user secret
<<<[d] STORED
>>>[e] set x 0 0 11x
<<<[e] CLIENT_ERROR unauthenticated

=== blanks around name and password
>>> set x 0 0 12
>>> user  secret
<<< STORED
>>>[b] set x 0 0 12
>>>[b]  user secret
<<<[b] STORED
>>>[d] set x 0 0 7
>>>[d]  secret
<<<[d] CLIENT_ERROR bad authentication token format

=== blanks at the end
>>>raw "set x 0 0 5\r\nuser \r\n"
<<< CLIENT_ERROR bad authentication token format
>>>raw "set x 0 0 13\r\nuser secret  \r\n"
<<< STORED
