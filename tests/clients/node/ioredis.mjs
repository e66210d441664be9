// ioredis with its default handshake: ready check by INFO, automatic reconnection, pipelines, transactions.
import { add, check, equal, host, port, rejects, run, versions } from './cases.mjs';

function each(Redis, name, title, body, options = {}) {
  add(`${name}: ${title}`, async () => {
    const client = new Redis({ host, port, ...options });
    try {
      await client.flushall();
      await body(client, Redis);
    } finally {
      client.disconnect();
    }
  });
}

async function strings(client) {
  equal(await client.ping(), 'PONG');
  equal(await client.set('k', 'v', 'EX', 100), 'OK');
  equal(await client.get('k'), 'v');
  check((await client.ttl('k')) > 90);
  equal(await client.set('k', 'w', 'NX'), null);
  equal(await client.mset({ a: 1, b: 2 }), 'OK');
  equal(await client.mget('a', 'absent', 'b'), ['1', null, '2']);
  equal(await client.incr('a'), 2);
  equal(await client.incrbyfloat('f', 1.5), '1.5');
  equal(await client.getdel('b'), '2');
  equal(await client.del('a', 'absent'), 1);
  equal(await client.getBuffer('k'), Buffer.from('v'));
}

async function pipelines(client) {
  const pipeline = client.pipeline();
  for (let i = 0; i < 2000; i += 1) pipeline.set(`k${i}`, i).get(`k${i}`);
  const replies = await pipeline.exec();
  equal(replies.length, 4000);
  for (let i = 0; i < 2000; i += 1) equal(replies[2 * i + 1], [null, String(i)]);
}

async function transactions(client, Redis) {
  equal(await client.multi().set('a', 1).incr('a').exec(), [[null, 'OK'], [null, 2]]);
  const other = new Redis({ host, port });
  await client.watch('a');
  await other.set('a', 'other');
  equal(await client.multi().set('a', 'lost').exec(), null);
  equal(await other.get('a'), 'other');
  other.disconnect();
}

async function scanning(client) {
  for (let i = 0; i < 300; i += 1) client.set(`key:${i}`, i);
  const seen = new Set();
  for await (const batch of client.scanStream({ match: 'key:*', count: 11 })) batch.forEach((key) => seen.add(key));
  equal(seen.size, 300);
}

async function errors(client) {
  await rejects(client.call('NOSUCH', 'a'), /unknown command/);
  await client.set('s', 'abc');
  await rejects(client.incr('s'), /not an integer/);
  equal(await client.ping(), 'PONG');
}

async function concurrent(client) {
  await Promise.all(Array.from({ length: 3000 }, async (_, i) => {
    await client.set(`k${i}`, `v${i}`);
    equal(await client.get(`k${i}`), `v${i}`);
  }));
}

async function reconnection(client, Redis) {
  const other = new Redis({ host, port });
  equal(await other.call('CLIENT', 'KILL', 'ID', await client.client('ID')), 1);
  equal(await client.ping(), 'PONG');
  other.disconnect();
}

async function databaseAndName(client) {
  await client.set('k', 'three');
  equal(await client.client('GETNAME'), 'node');
  await client.select(0);
  equal(await client.get('k'), null);
}

for (const name of versions('ioredis', 'ioredis5')) {
  const module = await import(name);
  const Redis = module.Redis ?? module.default;
  for (const body of [strings, pipelines, transactions, scanning, errors, concurrent, reconnection]) {
    each(Redis, name, body.name, body);
  }
  each(Redis, name, 'automatic pipelining', concurrent, { enableAutoPipelining: true });
  each(Redis, name, 'database and name in the handshake', databaseAndName, { db: 3, connectionName: 'node' });
}
await run('ioredis');
