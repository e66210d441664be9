<?php
// A client of memcached by php-memcached, for run.py: asked and answering as ring_libmemcached.cc says, but it knows no
// `where`.

const KEYS_OF_A_GET = 500;
const CONSISTENT_KETAMA = 2; // MEMCACHED_DISTRIBUTION_CONSISTENT_KETAMA, for which the extension has no name
const DISTRIBUTIONS = [
    'modula' => [Memcached::OPT_DISTRIBUTION => Memcached::DISTRIBUTION_MODULA],
    'consistent' => [Memcached::OPT_DISTRIBUTION => Memcached::DISTRIBUTION_CONSISTENT],
    'ketama' => [Memcached::OPT_DISTRIBUTION => CONSISTENT_KETAMA],
    'ketama_weighted' => [Memcached::OPT_LIBKETAMA_COMPATIBLE => true],
];
const HASHES = [
    'default' => Memcached::HASH_DEFAULT,
    'md5' => Memcached::HASH_MD5,
    'crc' => Memcached::HASH_CRC,
    'fnv1_64' => Memcached::HASH_FNV1_64,
    'fnv1a_64' => Memcached::HASH_FNV1A_64,
    'fnv1_32' => Memcached::HASH_FNV1_32,
    'fnv1a_32' => Memcached::HASH_FNV1A_32,
    'murmur' => Memcached::HASH_MURMUR,
];

function fail(string $why): never
{
    fwrite(STDERR, "ring_php_memcached: $why\n");
    exit(2);
}

function server(string $text): array
{
    preg_match('/^(.*):(\d+):(\d+)$/', $text, $found) || fail("no HOST:PORT:WEIGHT: $text");
    return [$found[1], (int) $found[2], (int) $found[3]];
}

// Options before servers, as the manual's examples have it; the hash before what makes points with it.
function client(string $distribution, string $hash, array $servers): Memcached
{
    $client = new Memcached();
    $options = [Memcached::OPT_HASH => HASHES[$hash]] + DISTRIBUTIONS[$distribution];
    $client->setOptions($options) || fail($client->getResultMessage());
    $client->addServers(array_map('server', $servers)) || fail($client->getResultMessage());
    return $client;
}

function values_of(Memcached $client, array $keys): array
{
    $values = [];
    foreach (array_chunk($keys, KEYS_OF_A_GET) as $some) {
        $values += $client->getMulti($some) ?: [];
    }
    return $values;
}

function set(Memcached $client, string $tag, array $keys): void
{
    $client->setOption(Memcached::OPT_NOREPLY, true);
    foreach ($keys as $key) {
        $client->set($key, $tag . $key) || fail("$key: " . $client->getResultMessage());
    }
    $client->setOption(Memcached::OPT_NOREPLY, false);
    $values = values_of($client, $keys);
    foreach ($keys as $key) {
        echo ($values[$key] ?? '') === $tag . $key ? '+' : 'not stored', "\n";
    }
}

function get(Memcached $client, array $keys): void
{
    $values = values_of($client, $keys);
    foreach ($keys as $key) {
        echo $values[$key] ?? '', "\n";
    }
}

$client = client($argv[1], $argv[2], array_slice($argv, 3));
while ($line = fgets(STDIN)) {
    [$what, $tag, $count] = explode(' ', rtrim($line));
    $keys = [];
    for ($i = 0; $i < (int) $count; $i++) {
        $keys[] = rtrim(fgets(STDIN), "\n");
    }
    ob_start();
    $what === 'set' ? set($client, $tag, $keys) : get($client, $keys);
    ob_end_flush();
}
