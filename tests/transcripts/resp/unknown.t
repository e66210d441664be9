# Unknown commands: the text, its limits, and the connection that stays.

=== the text
>>> NOSUCH
<<< -ERR unknown command 'NOSUCH', with args beginning with:\x20
>>> NOSUCH a b c
<<< -ERR unknown command 'NOSUCH', with args beginning with: 'a' 'b' 'c'\x20
>>> nosuch ""
<<< -ERR unknown command 'nosuch', with args beginning with: ''\x20
>>> "with blank" x
<<< -ERR unknown command 'with blank', with args beginning with: 'x'\x20
>>> "line\nbreak" "a\r\nb"
<<< -ERR unknown command 'line break', with args beginning with: 'a  b'\x20
>>> "it's" "qu'ote"
<<< -ERR unknown command 'it's', with args beginning with: 'qu'ote'\x20
>>> PING
<<< +PONG

=== the text is cut at 128 characters
>>> {{x*200}} a b
<<< -ERR unknown command '{{x*128}}', with args beginning with: 'a' 'b'\x20
>>> NOSUCH {{a*100}} {{b*100}} c
<<< -ERR unknown command 'NOSUCH', with args beginning with: '{{a*100}}' 'bbbbbbbbbbbbbbbbbbbbbbbbb'\x20
>>> NOSUCH {{a*200}}
<<< -ERR unknown command 'NOSUCH', with args beginning with: '{{a*128}}'\x20
>>> NOSUCH "{{a *64}}"
<<< -ERR unknown command 'NOSUCH', with args beginning with: 'a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a '\x20
>>> NOSUCH 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30
<<< -ERR unknown command 'NOSUCH', with args beginning with: '1' '2' '3' '4' '5' '6' '7' '8' '9' '10' '11' '12' '13' '14' '15' '16' '17' '18' '19' '20' '21' '22' '23' '24' '25' '26' '27' '28'\x20

=== binary
>>> "no\x00such" "\xff\x00z"
<<< -ERR unknown command 'no', with args beginning with: '\xff'\x20

=== containers with a subcommand that is not there
>>> CONFIG NOSUCH a
<<< -ERR unknown subcommand 'NOSUCH'. Try CONFIG HELP.
>>> OBJECT NOSUCH a
<<< -ERR unknown subcommand 'NOSUCH'. Try OBJECT HELP.
>>> COMMAND "no such"
<<< -ERR unknown subcommand 'no such'. Try COMMAND HELP.
>>> SLOWLOG NOSUCH
<<< -ERR unknown subcommand 'NOSUCH'. Try SLOWLOG HELP.
>>> MEMORY nosuch
<<< -ERR unknown subcommand 'nosuch'. Try MEMORY HELP.
>>> LATENCY nosuch
<<< -ERR unknown subcommand 'nosuch'. Try LATENCY HELP.
>>> CLIENT "nosuch\r\nx"
<<< -ERR unknown subcommand 'nosuch  x'. Try CLIENT HELP.

=== debug does not exist
--- daemon-only cachetted has no DEBUG
--- over memory,memcached,mongodb,dynamodb a Redis store has it: passthrough.t
>>> DEBUG SLEEP 0
<<< -ERR unknown command 'DEBUG', with args beginning with: 'SLEEP' '0'\x20
