//! Interpreters: python3, perl, node.

use crate::scenario::Scenario;

const PYTHON: &[u8] = br#"
import collections, json, re, sqlite3, subprocess, sys, threading, zlib

def numbers():
    print(sum(range(10**6)), sum(n * n for n in range(10**5)))

def texts():
    table = {f"key {n}": [n, str(n) * (n % 50), None, n / 7] for n in range(5000)}
    text = json.dumps(table, sort_keys=True)
    assert json.loads(text) == table
    packed = zlib.compress(text.encode(), 9)
    assert zlib.decompress(packed).decode() == text
    print(len(text), len(packed), len(re.findall(r"\d+\.\d+", text)))

def database():
    connection = sqlite3.connect(":memory:")
    connection.execute("create table words (number integer primary key, word text)")
    rows = [(n, "w" * (n % 97)) for n in range(20000)]
    connection.executemany("insert into words values (?, ?)", rows)
    connection.execute("create index by_word on words (word)")
    query = "select length(word), count(*), sum(number) from words group by word order by 1"
    print(list(connection.execute(query))[:5])

def in_threads():
    results = [None] * 8
    def work(at):
        counts = collections.Counter()
        for n in range(20000):
            counts[str(n * at % 997)] += len([at] * (n % 17))
        results[at] = sum(counts.values()), len(counts)
    threads = [threading.Thread(target=work, args=(at,)) for at in range(len(results))]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
    print(results)

def processes():
    children = [subprocess.Popen([sys.executable, "-c", f"print('{n}' * {n})"],
                                 stdout=subprocess.PIPE, text=True) for n in range(4)]
    print([child.communicate()[0] for child in children], [child.returncode for child in children])
    print(subprocess.run(["sort"], input="b\na\n", capture_output=True, text=True).stdout)

for part in (numbers, texts, database, in_threads, processes): part()
"#;

#[test]
fn python_with_threads_json_sqlite_and_children() {
    Scenario {
        name: "python3",
        needs: &["python3"],
        files: &[("script.py", PYTHON)],
        script: "PYTHONMALLOC=malloc python3 script.py",
        served: &["python3", "sort"],
    }
    .run();
}

const PERL: &[u8] = br#"
use strict; use warnings;
my %count; my @lines;
for my $n (1 .. 200_000) { my $key = ($n * 7919) % 1009; $count{$key} .= "x" if $n % 3; }
my $total = 0; $total += length for values %count;
print "$total ", scalar(keys %count), "\n";
push @lines, join(",", map { $_ * $_ % 101 } 1 .. $_) for 1 .. 300;
my $text = join "\n", @lines;
my $found = () = $text =~ /\b(\d)\d*,\1\d*\b/g;
print length($text), " $found\n";
my $tree = {}; for my $n (1 .. 20000) { my $at = $tree; $at = $at->{$_} //= {} for split //, $n; }
sub depth {
    my $most = 0;
    for (values %{$_[0]}) { my $d = depth($_); $most = $d if $d > $most }
    1 + $most
}
print depth($tree), "\n";
my $pid = fork(); if (!$pid) { my @more = map { "y" x $_ } 1 .. 2000; exit(@more == 2000 ? 7 : 1) }
waitpid($pid, 0); print $? >> 8, "\n";
print sort { $a cmp $b } `perl -e 'print "\$_\n" for reverse 1 .. 5'`;
"#;

#[test]
fn perl_with_hashes_patterns_and_a_fork() {
    Scenario {
        name: "perl",
        needs: &["perl"],
        files: &[("script.pl", PERL)],
        script: "perl script.pl",
        served: &["perl"],
    }
    .run();
}

const NODE: &[u8] = br#"
const zlib = require('zlib'), crypto = require('crypto'), { Worker } = require('worker_threads');
const entries = Array.from({ length: 20000 }, (_, n) => ({ n, s: 'x'.repeat(n % 40) }));
const text = JSON.stringify(entries);
const packed = zlib.gzipSync(text);
console.log(text.length, zlib.gunzipSync(packed).toString() === text);
console.log(crypto.createHash('sha256').update(text).digest('hex'));
const buffers = Array.from({ length: 2000 }, (_, n) => Buffer.alloc(n * 10, n & 255));
console.log(buffers.reduce((sum, b) => sum + b.length, 0));
const worker = new Worker(`
  const { parentPort } = require('worker_threads');
  parentPort.postMessage(Array.from({ length: 1000 }, (_, n) => Buffer.alloc(n).length).length);
`, { eval: true });
worker.on('message', (count) => console.log('worker', count));
worker.on('exit', (code) => console.log('exit', code));
"#;

#[test]
fn node_with_buffers_compression_and_a_worker() {
    Scenario {
        name: "node",
        needs: &["node"],
        files: &[("script.js", NODE)],
        script: "node script.js",
        served: &["node"],
    }
    .run();
}
