# Several commands in one write: replies in their order, quiet ones left out, mn at the end.

=== text
>>>raw "set a 0 0 1\r\n1\r\nset b 0 0 1\r\n2\r\nget a b\r\nincr a 1\r\ndelete b\r\nget a b\r\n"
<<< STORED
<<< STORED
<<< VALUE a 0 1
<<< 1
<<< VALUE b 0 1
<<< 2
<<< END
<<< 2
<<< DELETED
<<< VALUE a 0 1
<<< 2
<<< END

=== quiet gets, and a no-op that ends them
>>>raw "ms a 1 q\r\n1\r\nms c 1 q\r\n3\r\nmg a v k q\r\nmg b v k q\r\nmg c v k q\r\nmn\r\n"
<<< VA 1 ka
<<< 1
<<< VA 1 kc
<<< 3
<<< MN

=== opaque tells quiet replies apart
>>>raw "mg a v q O1\r\nms a 1 q O2\r\nx\r\nmg a v q O3\r\nmd a q O4\r\nmd a q O5\r\nma a q O6\r\nmn\r\n"
<<< VA 1 O3
<<< x
<<< NF O5
<<< NF O6
<<< MN

=== text and meta mixed, with noreply and faults
>>>raw "set a 0 0 1 noreply\r\n1\r\nfoo\r\nmg a v\r\nget\r\nms a 2 z\r\nxx\r\nset a 0 0 2\r\nxxx\r\nmn\r\n"
<<< ERROR
<<< VA 1
<<< 1
<<< ERROR
<<< CLIENT_ERROR invalid flag
<<< CLIENT_ERROR bad data chunk
<<< ERROR
<<< MN

=== a thousand commands
>>>raw "{{set k 0 0 1\r\nx\r\n*1000}}mn\r\n"
<<<raw "{{STORED\r\n*1000}}MN\r\n"

=== a command in single bytes
>>>raw "g"
!!! sleep 5
>>>raw "et"
!!! sleep 5
>>>raw " a"
!!! sleep 5
>>>raw "\r"
!!! sleep 5
>>>raw "\n"
<<< END

=== two connections see one another's writes
>>> set a 0 0 1
>>> 1
<<< STORED
>>>[b] incr a 1
<<<[b] 2
>>> get a
<<< VALUE a 0 1
<<< 2
<<< END
