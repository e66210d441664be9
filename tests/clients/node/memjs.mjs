// memjs speaks nothing but memcached's binary protocol, which cachetted refuses. It never notices a connection that is
// merely closed, so every request has to be told: by an error, or by a reset of the connection. None may hang.
import memjs from 'memjs';
import { add, check, equal, host, needDaemon, port, run } from './cases.mjs';

// The client's own time-out is far above, so that only the server's answer can end a request within these.
const hangSeconds = 10;

function connect() {
  return memjs.Client.create(`${host}:${port}`, { logger: { log() {} }, timeout: 10 * hangSeconds });
}

function withClient(name, body) {
  add(name, async () => {
    const client = connect();
    try {
      await body(client);
    } finally {
      client.close();
    }
  });
}

// The text of the error that ends the request.
async function fault(request) {
  let timer;
  const hangs = new Promise((resolve) => {
    timer = setTimeout(() => resolve('it hangs'), 1000 * hangSeconds);
  });
  const ends = request.then((value) => `it succeeded: ${value}`, (error) => error.message);
  const text = await Promise.race([ends, hangs]);
  clearTimeout(timer);
  return text;
}

function refused(text) {
  check(/unknown command|ECONNRESET/i.test(text), text);
}

async function everyCommand() {
  for (const [name, ...words] of [['get', 'k'], ['set', 'k', 'v', {}], ['add', 'k', 'v', {}], ['replace', 'k', 'v', {}],
    ['delete', 'k'], ['increment', 'k', 1, {}], ['append', 'k', 'v'], ['get', 'k'.repeat(250)],
    ['set', 'big', 'v'.repeat(900000), {}]]) {
    const client = connect();
    refused(`${name}: ${await fault(client[name](...words))}`);
    client.close();
  }
}

if (process.env.SUBJECT === 'memcached') {
  withClient('it works where its protocol is spoken', async (client) => {
    equal(await client.set('k', 'v', {}), true);
    equal(String((await client.get('k')).value), 'v');
    equal(await fault(client.get('k'.repeat(251))), 'MemJS GET: Invalid arguments');
  });
}

withClient('the error says what is wrong', async (client) => {
  needDaemon();
  equal(await fault(client.get('k')), 'MemJS GET: Unknown command');
});

add('every command fails at once', async () => {
  needDaemon();
  await everyCommand();
});

withClient('so do several, one after the other', async (client) => {
  needDaemon();
  for (let i = 0; i < 5; i += 1) refused(await fault(client.get('k')));
});

withClient('so do several at once', async (client) => {
  needDaemon();
  (await Promise.all(Array.from({ length: 20 }, () => fault(client.get('k'))))).forEach(refused);
});

await run('memjs');
