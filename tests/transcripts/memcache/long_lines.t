# Lines without an end: 2048 bytes are waited for, a get may be longer.

=== too long to be a command
>>>raw "{{a*2049}}"
<<<close

=== far too long
>>>raw "{{a*8000}}"
<<<close

=== blanks count
>>>raw "{{ *2049}}"
<<<close

=== a storage command
>>>raw "set a 0 0 1 {{ *2100}}"
<<<close

=== a gat
>>>raw "gat 0 {{x *1100}}"
<<<close

=== a meta command
>>>raw "mg {{x*3000}}"
<<<close

=== 2048 bytes wait for their end
>>>raw "{{a*2048}}"
!!! sleep 50
>>>raw "\r\n"
<<< ERROR
>>> mn
<<< MN

=== a get in pieces may be long
>>> set a 0 0 1
>>> x
<<< STORED
>>>raw "get {{b *1500}}"
!!! sleep 20
>>>raw "{{c *3000}}"
!!! sleep 20
>>>raw "a\r\n"
<<< VALUE a 0 1
<<< x
<<< END

=== a gets as well, and blanks before it
>>> set a 0 0 1
>>> x
<<< STORED
>>>raw "  get {{b *1500}}"
!!! sleep 20
>>>raw "a\r\n"
<<< VALUE a 0 1
<<< x
<<< END
>>>raw "gets {{b *1500}}"
!!! sleep 20
>>>raw "b\r\n"
<<< END

=== a key without an end in a get
>>>raw "get {{a*3000}}"
!!! sleep 20
>>>raw "\r\n"
<<< CLIENT_ERROR bad command line format
>>> mn
<<< MN
