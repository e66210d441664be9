// node-redis with its default handshake, and with RESP2 and RESP3 asked for.
import { add, check, equal, host, port, rejects, run, versions } from './cases.mjs';

const ways = { defaults: {}, resp2: { RESP: 2 }, resp3: { RESP: 3 } };

async function open(library, options) {
  const client = library.createClient({ socket: { host, port }, ...options });
  client.on('error', () => {});
  await client.connect();
  return client;
}

function everyWay(library, name, title, body) {
  for (const [way, options] of Object.entries(ways)) {
    add(`${name}: ${title}, ${way}`, async () => {
      const client = await open(library, options);
      try {
        await client.flushAll();
        await body(client, options);
      } finally {
        client.destroy();
      }
    });
  }
}

async function strings(client) {
  equal(await client.ping(), 'PONG');
  equal(await client.set('k', 'v'), 'OK');
  equal(await client.get('k'), 'v');
  equal(await client.get('absent'), null);
  equal(await client.set('k', 'w', { NX: true }), null);
  equal(await client.set('k', 'w', { XX: true, GET: true, EX: 100 }), 'v');
  check((await client.ttl('k')) > 90);
  equal(await client.append('k', 'xyz'), 4);
  equal(await client.mSet({ a: '1', b: '2' }), 'OK');
  equal(await client.mGet(['a', 'absent', 'b']), ['1', null, '2']);
  equal(await client.incrBy('a', 41), 42);
  equal(Number(await client.incrByFloat('f', 1.5)), 1.5);
  equal(await client.getDel('b'), '2');
  equal(await client.del(['a', 'absent']), 1);
  equal(await client.exists(['k', 'k']), 2);
  equal(await client.setBit('bits', 7, 1), 0);
  equal(await client.bitCount('bits'), 1);
}

async function expiry(client) {
  await client.set('k', 'v', { PX: 100000 });
  check((await client.pTTL('k')) > 90000);
  await client.persist('k');
  equal(await client.ttl('k'), -1);
  await client.expireAt('k', 4102444800);
  equal(await client.expireTime('k'), 4102444800);
  equal(await client.getEx('k', { PERSIST: true }), 'v');
  equal(await client.ttl('k'), -1);
  equal(await client.ttl('absent'), -2);
}

async function automaticPipelining(client) {
  const replies = await Promise.all(Array.from({ length: 5000 }, (_, i) =>
    client.set(`k${i}`, `v${i}`).then(() => client.get(`k${i}`))));
  replies.forEach((reply, i) => equal(reply, `v${i}`));
}

async function transactions(client, options) {
  equal(await client.multi().set('a', '1').incr('a').get('a').exec(), ['OK', 2, '2']);
  await client.watch('a');
  const other = client.duplicate();
  other.on('error', () => {});
  await other.connect();
  await other.set('a', 'other');
  await rejects(client.multi().set('a', 'lost').exec(), /watched keys/i);
  equal(await other.get('a'), 'other');
  other.destroy();
}

async function scanning(client) {
  await client.mSet(Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`key:${i}`, `${i}`])));
  const seen = new Set();
  for await (const batch of client.scanIterator({ MATCH: 'key:*', COUNT: 11 })) {
    for (const key of [batch].flat()) seen.add(key);
  }
  equal(seen.size, 300);
  equal(new Set(await client.keys('key:1?')).size, 10);
}

async function errors(client) {
  await rejects(client.sendCommand(['NOSUCH', 'a']), /unknown command/);
  await rejects(client.sendCommand(['GET']), /wrong number of arguments/);
  await client.set('s', 'abc');
  await rejects(client.incr('s'), /not an integer/);
  equal(await client.ping(), 'PONG');
}

async function theServersWords(client) {
  check((await client.info('server')).includes('redis_version:7.0.15'));
  check((await client.clientId()) > 0);
  equal(await client.clientSetName('bob'), 'OK');
  equal(await client.clientGetName(), 'bob');
  check((await client.commandCount()) > 60);
  equal((await client.configGet('databases')).databases, '16');
  equal(await client.dbSize(), 0);
}

async function binary(client) {
  const value = Buffer.from(Array.from({ length: 100000 }, (_, i) => i % 256));
  await client.set('b', value);
  equal(await client.strLen('b'), 100000);
}

async function databaseAndName(library, name) {
  for (const [way, options] of Object.entries(ways)) {
    add(`${name}: database and name in the handshake, ${way}`, async () => {
      const client = await open(library, { ...options, database: 3, name: 'node' });
      await client.flushAll();
      await client.set('k', 'three');
      equal(await client.clientGetName(), 'node');
      await client.select(0);
      equal(await client.get('k'), null);
      client.destroy();
    });
  }
}

for (const name of versions('redis', 'redis5')) {
  const library = await import(name);
  const bodies = { strings, expiry, automaticPipelining, transactions, scanning, errors, theServersWords, binary };
  for (const [title, body] of Object.entries(bodies)) everyWay(library, name, title, body);
  databaseAndName(library, name);
}
await run('node-redis');
