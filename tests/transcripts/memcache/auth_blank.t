# A password that ends in a blank, as on the RESP port: the text as it is comes first.
--- daemon-only memcached does not see such blanks
--- option auth.users={user: {password_sha256: "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b"}, blank: {password_sha256: "e87b63e2a6f00e5a061dc18816239a066cfc885d74af56ce39eb6fc215f8141d"}}
--- option auth.required=true
--- password user secret

=== with its blank
>>>raw "set x 0 0 9\r\nblank pw \r\n"
<<< STORED

=== without
>>>raw "set x 0 0 8\r\nblank pw\r\n"
<<< CLIENT_ERROR authentication failure
