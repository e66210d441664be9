# get, gets: several keys, misses, what each line says.

=== a miss
>>> get k
<<< END
>>> gets k
<<< END

=== several keys, hits and misses
>>> set a 1 0 1
>>> A
<<< STORED
>>> set b 2 0 2
>>> BB
<<< STORED
>>> get a b
<<< VALUE a 1 1
<<< A
<<< VALUE b 2 2
<<< BB
<<< END
>>> get x a y b z
<<< VALUE a 1 1
<<< A
<<< VALUE b 2 2
<<< BB
<<< END
>>> get x y z
<<< END

=== a key asked twice
>>> set a 0 0 1
>>> A
<<< STORED
>>> get a a a
<<< VALUE a 0 1
<<< A
<<< VALUE a 0 1
<<< A
<<< VALUE a 0 1
<<< A
<<< END

=== gets shows the cas
>>> set a 5 0 1
>>> A
<<< STORED
>>> gets a
<<<~ VALUE a 5 1 (?P<cas>\d+)
<<< A
<<< END
>>> gets a x a
<<< VALUE a 5 1 ${cas}
<<< A
<<< VALUE a 5 1 ${cas}
<<< A
<<< END

=== a hundred keys
>>> set a 0 0 1
>>> A
<<< STORED
>>> get {{a *100}}
<<<raw "{{VALUE a 0 1\r\nA\r\n*100}}END\r\n"

=== a line of keys longer than 2048 bytes
>>> set a 0 0 1
>>> A
<<< STORED
>>> get {{nokey *1000}}a
<<< VALUE a 0 1
<<< A
<<< END
>>> gets {{nokey *3000}}nokey
<<< END
>>> mn
<<< MN

=== noreply is a key here
>>> get a noreply
<<< END
>>> set noreply 0 0 1
>>> N
<<< STORED
>>> get noreply
<<< VALUE noreply 0 1
<<< N
<<< END

=== a bare line feed ends a line
>>> set a 0 0 1
>>> A
<<< STORED
>>>raw "get a\n"
<<< VALUE a 0 1
<<< A
<<< END
>>>raw "gets x\nget a\n"
<<< END
<<< VALUE a 0 1
<<< A
<<< END
>>>raw "get a \n"
<<< VALUE a 0 1
<<< A
<<< END

=== keys of command names and numbers
>>> set get 0 0 1
>>> g
<<< STORED
>>> set 0 0 0 1
>>> z
<<< STORED
>>> get get 0 END
<<< VALUE get 0 1
<<< g
<<< VALUE 0 0 1
<<< z
<<< END
