<?php
// php-memcached (libmemcached) with its defaults: text protocol, the kind of a value in its flags, long ones packed.
// Needs HOST and PORT in the environment; prints failures and the closing line.

final class Skip extends Exception
{
}

function connect(array $options = []): Memcached
{
    $c = new Memcached();
    $c->setOptions($options);
    $c->addServer(getenv('HOST'), (int) getenv('PORT'));
    return $c;
}

function check($condition, string $text = 'untrue'): void
{
    if (!$condition) {
        throw new Exception($text);
    }
}

function equal($got, $want, string $what = ''): void
{
    if ($got !== $want) {
        throw new Exception(sprintf(
            "%s\n got  %.600s\n want %.600s",
            $what,
            var_export($got, true),
            var_export($want, true)
        ));
    }
}

// The call failed, for this reason.
function fails($got, Memcached $c, int $code): void
{
    equal($got, false);
    equal($c->getResultCode(), $code, $c->getResultMessage());
}

function eventually(callable $probe, string $what): void
{
    for ($end = microtime(true) + 10; !$probe(); usleep(5000)) {
        check(microtime(true) < $end, "never came true: $what");
    }
}

function needDaemon(): void
{
    if ((getenv('SUBJECT') ?: 'daemon') !== 'daemon') {
        throw new Skip('only for cachetted');
    }
}

$cases = [];

$cases['strings'] = function (Memcached $c) {
    equal($c->set('k', 'v'), true);
    equal($c->get('k'), 'v');
    fails($c->get('absent'), $c, Memcached::RES_NOTFOUND);
    equal($c->set('empty', ''), true);
    equal($c->get('empty'), '');
    equal($c->setMulti(['a' => '1', 'b' => '2']), true);
    $ordered = $c->getMulti(['b', 'absent', 'a'], Memcached::GET_PRESERVE_ORDER);
    equal($ordered, ['b' => '2', 'absent' => null, 'a' => '1']);
    equal($c->delete('a'), true);
    fails($c->delete('a'), $c, Memcached::RES_NOTFOUND);
    equal($c->deleteMulti(['b', 'absent']), ['b' => true, 'absent' => Memcached::RES_NOTFOUND]);
    equal($c->getMulti(['a', 'b', 'k', 'empty']), ['k' => 'v', 'empty' => '']);
    $made = $c->get('made', fn ($c, $key, &$value) => (bool) ($value = 'by the callback'));
    equal([$made, $c->get('made')], ['by the callback', 'by the callback']);
};

$cases['kinds of values'] = function (Memcached $c) {
    foreach ([true, false, 7, -7, PHP_INT_MAX, 2.5, null, ['a' => [1, null]], "\u{e4}"] as $value) {
        equal($c->set('k', $value), true);
        equal($c->get('k'), $value);
        equal($c->getResultCode(), Memcached::RES_SUCCESS);
    }
    $c->set('k', new ArrayObject([1, 2]));
    equal($c->get('k')->getArrayCopy(), [1, 2]);
};

$cases['conditional writes'] = function (Memcached $c) {
    $c->setOption(Memcached::OPT_COMPRESSION, false);
    fails($c->replace('k', 'lost'), $c, Memcached::RES_NOTSTORED);
    fails($c->append('k', 'lost'), $c, Memcached::RES_NOTSTORED);
    fails($c->prepend('k', 'lost'), $c, Memcached::RES_NOTSTORED);
    fails($c->get('k'), $c, Memcached::RES_NOTFOUND);
    equal($c->add('k', 'one'), true);
    fails($c->add('k', 'lost'), $c, Memcached::RES_NOTSTORED);
    equal($c->replace('k', 'two'), true);
    equal($c->append('k', '>'), true);
    equal($c->prepend('k', '<'), true);
    equal($c->get('k'), '<two>');
};

$cases['compare and swap'] = function (Memcached $c) {
    $c->set('k', 'v');
    $found = $c->get('k', null, Memcached::GET_EXTENDED);
    equal($found['value'], 'v');
    equal($c->cas($found['cas'], 'k', 'won'), true);
    fails($c->cas($found['cas'], 'k', 'lost'), $c, Memcached::RES_DATA_EXISTS);
    fails($c->cas($found['cas'], 'absent', 'lost'), $c, Memcached::RES_NOTFOUND);
    equal($c->get('k'), 'won');
    $many = $c->getMulti(['k', 'absent'], Memcached::GET_EXTENDED);
    equal(array_keys($many), ['k']);
    equal($c->cas($many['k']['cas'], 'k', 'again'), true);
};

$cases['flags'] = function (Memcached $c) {
    foreach ([0, 1, 65535] as $flags) {
        $c->setOption(Memcached::OPT_USER_FLAGS, $flags);
        $c->set('k', 'v');
        equal($c->get('k', null, Memcached::GET_EXTENDED)['flags'], $flags);
    }
};

$cases['counters'] = function (Memcached $c) {
    fails($c->increment('n'), $c, Memcached::RES_NOTFOUND);
    $c->set('n', 10);
    equal($c->increment('n', 32), 42);
    equal($c->decrement('n', 2), 40);
    equal($c->get('n'), 40);
    equal($c->decrement('n', 50), 0);
    $c->set('s', 'abc');
    equal($c->increment('s'), false);
    equal($c->get('s'), 'abc');
};

$cases['expiry'] = function (Memcached $c) {
    $now = time();
    $until = ['soon' => 1, 'never' => 0, 'touched' => 2, 'then' => $now + 1000, 'past' => $now - 1000];
    foreach ($until + ['negative' => -1] as $key => $seconds) {
        $c->set($key, $key, $seconds);
    }
    equal($c->touch('touched', 100), true);
    fails($c->touch('absent', 100), $c, Memcached::RES_NOTFOUND);
    equal($c->getMulti(['past', 'negative', 'then']), ['then' => 'then']);
    $c->set('mark', 'v', 2);
    eventually(fn () => $c->get('mark') === false, 'seconds pass');
    equal(array_keys($c->getMulti(['soon', 'never', 'touched', 'then'])), ['never', 'touched', 'then']);
};

$cases['large and binary'] = function (Memcached $c) {
    $big = random_bytes(900000);
    $trap = "\r\nEND\r\nVALUE k 0 1\r\n" . implode(array_map('chr', range(0, 255))) . "\r\n";
    $text = str_repeat("\u{e4} and ", 1000000);
    equal($c->setMulti(['big' => $big, 'trap' => $trap, 'text' => $text]), true);
    check($c->get('big') === $big, 'big');
    check($c->getMulti(['trap', 'absent', 'text', 'big']) === ['trap' => $trap, 'text' => $text, 'big' => $big], 'all');
};

$cases['keys'] = function (Memcached $c) {
    $longest = str_repeat('k', 250);
    equal($c->set($longest, 'v'), true);
    fails($c->get($longest . 'k'), $c, Memcached::RES_BAD_KEY_PROVIDED);
    fails($c->set('two words', 'v'), $c, Memcached::RES_BAD_KEY_PROVIDED);
    equal($c->get($longest), 'v');
    $c->setOption(Memcached::OPT_PREFIX_KEY, 'space:');
    $c->set('k', 'in space');
    $c->setOption(Memcached::OPT_PREFIX_KEY, '');
    equal($c->get('space:k'), 'in space');
};

$cases['many keys'] = function (Memcached $c) {
    $values = [];
    for ($i = 0; $i < 1000; $i++) {
        $values["key:$i"] = "value $i";
    }
    equal($c->setMulti($values), true);
    $absent = array_map(fn ($i) => "absent:$i", range(0, 99));
    check($c->getMulti([...array_keys($values), ...$absent]) === $values, 'all of them');
    equal($c->getDelayed(array_keys($values), true), true);
    $fetched = 0;
    while ($item = $c->fetch()) {
        equal($item['value'], $values[$item['key']]);
        $fetched++;
    }
    equal($fetched, 1000);
};

$cases['no reply and no waiting'] = function (Memcached $c) {
    foreach ([[Memcached::OPT_NOREPLY => true], [Memcached::OPT_NO_BLOCK => true, Memcached::OPT_TCP_NODELAY => true],
              [Memcached::OPT_BUFFER_WRITES => true]] as $options) {
        $hasty = connect($options + [Memcached::OPT_COMPRESSION => false]);
        $c->flush();
        $hasty->set('k', '1');
        $hasty->add('k', 'lost');
        $hasty->append('k', '2');
        for ($i = 0; $i < 500; $i++) {
            $hasty->set("n$i", "v$i");
        }
        $hasty->delete('n0');
        $hasty->flushBuffers();
        eventually(fn () => $c->get('n499') === 'v499' && $c->get('n0') === false, 'the last write is done');
        equal($c->getMulti(['k', 'n1']), ['k' => '12', 'n1' => 'v1']);
        equal($hasty->get('k'), '12', 'no reply was left for it');
        $hasty->quit();
    }
};

$cases["the server's words"] = function (Memcached $c) {
    $name = getenv('HOST') . ':' . getenv('PORT');
    check(str_starts_with($c->getVersion()[$name], '1.6.'), var_export($c->getVersion(), true));
    $before = $c->getStats()[$name];
    $c->set('new', 'v');
    $c->get('new');
    $after = $c->getStats()[$name];
    equal($after['cmd_set'] - $before['cmd_set'], 1);
    equal($after['get_hits'] - $before['get_hits'], 1);
    check($after['pid'] > 0 && $after['version'] === $c->getVersion()[$name], var_export($after, true));
    $settings = $c->getStats('settings')[$name];
    check(isset($settings['maxconns'], $settings['item_size_max']), var_export($settings, true));
    equal($c->flush(), true);
    fails($c->get('new'), $c, Memcached::RES_NOTFOUND);
};

$cases['sessions'] = function (Memcached $c) {
    ini_set('session.save_handler', 'memcached');
    ini_set('session.save_path', getenv('HOST') . ':' . getenv('PORT'));
    ini_set('session.use_cookies', '0');
    ini_set('session.use_strict_mode', '0');
    ini_set('session.cache_limiter', '');
    ini_set('memcached.sess_binary_protocol', '0');
    foreach ([1, 2, 3] as $visit) {
        session_id('someone');
        check(session_start(), 'it starts');
        $_SESSION['visits'] = ($_SESSION['visits'] ?? 0) + 1;
        equal($_SESSION['visits'], $visit);
        session_write_close();
    }
    check(str_contains($c->get('memc.sess.key.someone'), 'visits'), 'stored');
};

$cases['several processes at once'] = function (Memcached $c) {
    $c->set('total', 0);
    $children = [];
    for ($i = 0; $i < 4; $i++) {
        $child = proc_open([PHP_BINARY, __FILE__, "worker$i"], [1 => ['pipe', 'w'], 2 => ['redirect', 1]], $pipes);
        $children[] = [$child, $pipes[1]];
    }
    foreach ($children as [$child, $output]) {
        equal(stream_get_contents($output), '', 'what a worker prints');
        equal(proc_close($child), 0);
    }
    equal($c->get('total'), 800);
};

$cases['the binary protocol fails at once'] = function () {
    needDaemon();
    $c = connect([Memcached::OPT_BINARY_PROTOCOL => true]);
    equal($c->set('k', 'v'), false);
    check($c->getResultCode() !== Memcached::RES_TIMEOUT, $c->getResultMessage());
    equal($c->get('k'), false, 'to a get the client calls any error "not found"');
};

// Writes and reads back keys of its own, each value being its key.
function work(string $name): void
{
    $c = connect();
    for ($i = 0; $i < 200; $i++) {
        $key = "$name:$i";
        equal($c->set($key, $key), true);
        equal($c->get($key), $key);
        check($c->increment('total') > 0, 'total');
    }
}

if (isset($argv[1])) {
    work($argv[1]);
    exit(0);
}
ob_start(); // sessions begin before anything is printed
$passed = $failed = $skipped = 0;
foreach ($cases as $name => $body) {
    try {
        $client = connect();
        $client->flush();
        $body($client);
        $passed++;
    } catch (Skip $reason) {
        $skipped++;
        echo "SKIP  $name: ", $reason->getMessage(), "\n";
    } catch (Throwable $fault) {
        $failed++;
        echo "FAIL  php-memcached: $name\n      ", str_replace("\n", "\n      ", (string) $fault), "\n";
    }
}
echo "$passed passed, $failed failed", $skipped ? ", $skipped skipped" : '', "\n";
exit($failed ? 1 : 0);
