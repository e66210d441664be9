# Dalli through the meta protocol, otherwise with its defaults (time-outs excepted: they are short for a busy machine),
# and through the binary protocol, which cachetted refuses. Needs HOST and PORT in the environment.
require 'dalli'
require 'logger'

Dalli.logger = Logger.new(IO::NULL)
SERVER = "#{ENV.fetch('HOST')}:#{ENV.fetch('PORT')}".freeze
META = { protocol: :meta, socket_timeout: 10 }.freeze
ALL_BYTES = (0..255).map(&:chr).join.b.freeze
RAW = { raw: true }.freeze

Skip = Class.new(StandardError)
CASES = {}

def case_of(name, options = {}, &body)
  CASES[name] = [options, body]
end

def equal(got, want, what = nil)
  raise "#{what}\n got  #{got.inspect[0, 600]}\n want #{want.inspect[0, 600]}" unless got == want
end

def check(condition, text = 'untrue')
  raise text unless condition
end

def raises(kind, pattern = //)
  got = yield
rescue kind => e
  check(e.message.match?(pattern), "#{e.class}: #{e.message}")
else
  raise "#{kind} was expected, got #{got.inspect}"
end

def eventually(what, seconds = 10)
  deadline = Time.now + seconds
  until yield
    raise "never came true: #{what}" if Time.now > deadline

    sleep 0.005
  end
end

def need_daemon
  raise Skip, 'only for cachetted' unless ENV.fetch('SUBJECT', 'daemon') == 'daemon'
end

case_of 'strings' do |c|
  check(c.set('k', 'v'))
  equal c.get('k'), 'v'
  equal c.get('absent'), nil
  check(c.set('empty', '', 0, RAW))
  equal c.get('empty', RAW), ''
  c.set('l', [1, { 'a' => 2.5 }, nil])
  equal c.get_multi('l', 'absent', 'k'), { 'l' => [1, { 'a' => 2.5 }, nil], 'k' => 'v' }
  equal c.fetch('k') { 'unused' }, 'v'
  equal c.fetch('fetched') { 'made' }, 'made'
  equal c.get('fetched'), 'made'
  equal c.delete('k'), true
  equal c.delete('k'), false
  equal c.get_multi(%w[k l]).keys, %w[l]
end

case_of 'conditional writes' do |c|
  check(!c.replace('k', 'lost', 0, RAW))
  check(!c.append('k', 'lost'))
  check(!c.prepend('k', 'lost'))
  equal c.get('k', RAW), nil
  check(c.add('k', 'one', 0, RAW))
  check(!c.add('k', 'lost', 0, RAW))
  check(c.replace('k', 'two', 0, RAW))
  check(c.append('k', '>'))
  check(c.prepend('k', '<'))
  equal c.get('k', RAW), '<two>'
end

case_of 'compare and swap' do |c|
  equal c.cas('k') { 'unused' }, nil
  first = c.set('k', 'v')
  equal c.get_cas('k'), ['v', first]
  check(c.set_cas('k', 'won', first))
  check(!c.set_cas('k', 'lost', first))
  check(!c.replace_cas('k', 'lost', first))
  check(!c.delete_cas('k', first))
  equal c.get('k'), 'won'
  check(c.cas('k') { |value| "#{value}!" })
  equal c.get('k'), 'won!'
  lost = c.cas('k') do |value|
    c.set('k', 'in between')
    value
  end
  equal lost, false
  equal c.get('k'), 'in between'
  equal c.get_multi_cas('k', 'absent'), { 'k' => c.get_cas('k') }
  check(c.delete_cas('k', c.get_cas('k').last))
  equal c.get('k'), nil
end

case_of 'counters' do |c|
  equal c.incr('n'), nil
  equal c.incr('n', 1, 100, 10), 10
  equal c.incr('n', 32), 42
  equal c.decr('n', 2), 40
  equal c.decr('n', 50), 0
  c.set('n', (2**64 - 1).to_s, 0, RAW)
  equal c.incr('n', 2), 1
  c.set('s', 'abc', 0, RAW)
  raises(Dalli::DalliError, /CLIENT_ERROR/) { c.incr('s') }
  equal c.get('s', RAW), 'abc'
end

case_of 'expiry' do |c|
  now = Time.now.to_i
  { 'soon' => 1, 'never' => 0, 'touched' => 2, 'got' => 2, 'then' => now + 1000, 'past' => now - 1000 }
    .each { |key, ttl| c.set(key, key, ttl) }
  equal c.touch('touched', 100), true
  equal c.touch('absent', 100), nil
  equal c.gat('got', 100), 'got'
  equal c.gat('absent', 100), nil
  c.set('mark', 'v', 2)
  eventually('seconds pass') { c.get('mark').nil? }
  equal c.get_multi(%w[soon never touched got then]).keys.sort, %w[got never then touched]
end

# This Dalli's get stops at a line end within a value, its get_multi does not.
case_of 'large and binary' do |c|
  plain = RAW.merge(compress: false)
  text = 'text ' * 180_000
  check(c.set('text', text, 0, plain))
  equal c.get('text', RAW) == text, true
  values = { 'big' => Random.bytes(900_000), 'trap' => "\r\nEN\r\nHD\r\n".b + ALL_BYTES + "\r\n".b, 'text' => text }
  values.each { |key, value| check(c.set(key, value, 0, plain)) }
  equal c.get_multi(*values.keys, 'absent').transform_values(&:b) == values, true
  check(c.set('packed', 'x' * 5_000_000))
  equal c.get_multi('packed') == { 'packed' => 'x' * 5_000_000 }, true
end

case_of 'keys' do |c|
  longest = 'k' * 250
  check(c.set(longest, 'v'))
  beyond = "#{longest}k"
  check(c.set(beyond, 'w'), 'the client stores a digest of a key that is too long')
  odd = ['two words', "\u00e4", "tab\tand\nline"]
  odd.each { |key| check(c.set(key, "in base64: #{key}")) }
  odd.each { |key| equal c.get(key), "in base64: #{key}" }
  equal c.get_multi(longest, odd[0], 'absent').size, 2
  equal c.get(beyond), 'w'
  check(c.delete(odd[0]))
  equal c.get(odd[0]), nil
  equal c.get(longest), 'v'
end

case_of 'a namespace', namespace: 'space' do |c|
  check(c.set('k', 'v'))
  equal c.get_multi('k', 'absent'), { 'k' => 'v' }
  equal Dalli::Client.new(SERVER, META.dup).get('space:k'), 'v'
end

case_of 'quiet writes' do |c|
  c.quiet do
    c.set('k', '1', 0, RAW)
    c.add('k', 'lost', 0, RAW)
    c.incr('k', 41)
    c.append('k', '!')
    c.prepend('k', '<')
    c.replace('absent', 'lost')
    c.delete('absent')
    500.times { |i| c.set("n#{i}", i) }
    c.delete('n0')
  end
  equal c.get('k', RAW), '<42!'
  equal c.get_multi((0...500).map { |i| "n#{i}" }), (1...500).to_h { |i| ["n#{i}", i] }
end

case_of 'many keys' do |c|
  values = (0...1000).to_h { |i| ["key:#{i}", "value #{i}"] }
  values.each { |key, value| c.set(key, value) }
  got = c.get_multi(values.keys + (0...100).map { |i| "absent:#{i}" })
  equal got == values, true
end

case_of "the server's words" do |c|
  version = c.version.fetch(SERVER)
  check(version.start_with?('1.6.'), version)
  before = c.stats.fetch(SERVER)
  c.set('new', 'v')
  c.get('new')
  after = c.stats.fetch(SERVER)
  equal after['version'], version
  equal(%w[cmd_set get_hits total_items].map { |name| after[name].to_i - before[name].to_i }, [1, 1, 1])
  settings = c.stats(:settings).fetch(SERVER)
  check(settings.key?('maxconns') && settings.key?('item_size_max'), settings.inspect)
  check(c.stats(:items).key?(SERVER))
  equal c.reset_stats, [true]
  equal c.stats.fetch(SERVER)['get_hits'], '0'
  check(c.alive!)
end

case_of 'flushing' do |c|
  c.set('k', 'v')
  check(c.flush)
  equal c.get('k'), nil
  c.set('k', 'w')
  equal c.get('k'), 'w'
  check(c.flush(3))
  equal c.get('k'), 'w'
  eventually('the delay passes') { c.get('k').nil? }
end

case_of 'concurrent' do |c|
  c.set('total', '0', 0, RAW)
  clients = [c, *Array.new(3) { Dalli::Client.new(SERVER, META.dup) }]
  threads = Array.new(8) do |t|
    Thread.new do
      mine = clients[t % clients.size]
      100.times do |i|
        key = "t#{t}:#{i}"
        mine.set(key, key)
        equal mine.get(key), key
        equal mine.get_multi(key, "t#{t}:#{i / 2}")[key], key
        mine.incr('total')
      end
    end
  end
  threads.each { |thread| thread.report_on_exception = false }
  threads.each(&:join)
  equal c.get('total', RAW), '800'
end

case_of 'the binary protocol fails at once' do
  need_daemon
  binary = Dalli::Client.new(SERVER, socket_timeout: 100)
  raises(Dalli::DalliError) { binary.get('k') }
  raises(Dalli::DalliError) { binary.set('k', 'v') }
end

passed = failed = skipped = 0
CASES.each do |name, (options, body)|
  client = Dalli::Client.new(SERVER, META.merge(options))
  client.flush
  body.call(client)
  client.close
  passed += 1
rescue Skip => e
  skipped += 1
  puts "SKIP  #{name}: #{e.message}"
rescue StandardError => e
  failed += 1
  where = (e.backtrace || []).grep(/#{Regexp.escape(__FILE__)}/)
  puts "FAIL  dalli: #{name}", "      #{[e.class, e.message, *where].join("\n").gsub("\n", "\n      ")}"
end
puts "#{passed} passed, #{failed} failed#{", #{skipped} skipped" if skipped.positive?}"
exit(failed.zero? ? 0 : 1)
